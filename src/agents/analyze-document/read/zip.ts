import { inflateRawSync } from 'node:zlib';
import { TaskFailed } from '../../agent.js';
import type { Limits } from '../limits.js';

const endRecord = 0x06054b50;
const directoryEntry = 0x02014b50;
const fileEntry = 0x04034b50;
const endSize = 22;
const entrySize = 46;
const fileSize = 30;
const stored = 0;
const deflated = 8;

/** A file in a ZIP, as its table of contents has it. */
interface Entry {
  name: string;
  encrypted: boolean;
  method: number;
  /** Of the compressed data. */
  packed: number;
  /** Of the file: a claim. */
  size: number;
  /** Where in the ZIP its own header stands. */
  at: number;
}

/**
 * Reads a ZIP file's own table of contents and refuses what would not fit, before anything is inflated.
 * The sizes are the file's claim: a liar still meets the memory limit of the process.
 */
export function checkZip(bytes: Buffer, limits: Pick<Limits, 'unzippedBytes' | 'zipEntries'>): void {
  let entries = 0;
  let total = 0;
  for (const { encrypted, size } of listEntries(bytes)) {
    if (encrypted) throw new TaskFailed('document_encrypted', 'The document is protected by a password.');
    total += size;
    if (entries >= limits.zipEntries) throw tooComplex(`holds more than ${limits.zipEntries} files`);
    if (total > limits.unzippedBytes) throw tooComplex(`unpacks to more than ${Math.round(limits.unzippedBytes / 1e6)} MB`);
    entries += 1;
  }
}

/**
 * What inflates the files of a ZIP that was checked, by name; of two with one name the later counts. None comes out longer
 * than it said it was.
 */
export function unzip(bytes: Buffer): Map<string, () => Buffer> {
  return new Map(Array.from(listEntries(bytes), (entry) => [entry.name, () => inflate(bytes, entry)]));
}

function inflate(bytes: Buffer, { method, packed, size, at }: Entry): Buffer {
  if (at + fileSize > bytes.length || bytes.readUInt32LE(at) !== fileEntry) throw broken();
  const from = at + fileSize + bytes.readUInt16LE(at + 26) + bytes.readUInt16LE(at + 28);
  const data = bytes.subarray(from, from + packed);
  if (method === stored) return data;
  if (method !== deflated) throw broken();
  return size === 0 ? Buffer.alloc(0) : inflateRawSync(data, { maxOutputLength: size });
}

function* listEntries(bytes: Buffer): Iterable<Entry> {
  const end = findEnd(bytes);
  const declared = bytes.readUInt16LE(end + 10);
  let entries = 0;
  // Unpackers follow the entries, not the declared number, which holds no more than 65,535 anyway. The markers of
  // ZIP64 (0xffffffff) are beyond every limit by themselves.
  for (let at = bytes.readUInt32LE(end + 16); at + entrySize <= end && bytes.readUInt32LE(at) === directoryEntry; entries += 1) {
    const name = at + entrySize + bytes.readUInt16LE(at + 28);
    yield {
      name: bytes.toString('utf8', at + entrySize, name),
      encrypted: (bytes.readUInt16LE(at + 8) & 1) === 1,
      method: bytes.readUInt16LE(at + 10),
      packed: bytes.readUInt32LE(at + 20),
      size: bytes.readUInt32LE(at + 24),
      at: bytes.readUInt32LE(at + 42),
    };
    at = name + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
  if (entries < declared) throw broken();
}

export function isZip(bytes: Buffer): boolean {
  return bytes.length >= endSize && bytes.readUInt32LE(0) === fileEntry;
}

/** The end record is last, but a comment of up to 64 KB may follow it. */
function findEnd(bytes: Buffer): number {
  const lowest = Math.max(0, bytes.length - endSize - 0xffff);
  for (let at = bytes.length - endSize; at >= lowest; at -= 1) if (bytes.readUInt32LE(at) === endRecord) return at;
  throw broken();
}

function broken(): TaskFailed {
  return new TaskFailed('document_unreadable', 'The document is damaged or incomplete: its table of contents cannot be read.');
}

function tooComplex(what: string): TaskFailed {
  return new TaskFailed('document_too_complex', `The document ${what}.`);
}
