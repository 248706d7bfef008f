import { TaskFailed } from '../../agent.js';
import type { Limits } from '../limits.js';

const endRecord = 0x06054b50;
const directoryEntry = 0x02014b50;
const endSize = 22;
const entrySize = 46;

/**
 * Reads a ZIP file's own table of contents and refuses what would not fit, before anything is inflated.
 * The sizes are the file's claim: a liar still meets the memory limit of the process.
 */
export function checkZip(bytes: Buffer, limits: Pick<Limits, 'unzippedBytes' | 'zipEntries'>): void {
  const end = findEnd(bytes);
  const declared = bytes.readUInt16LE(end + 10);
  let entries = 0;
  let total = 0;
  // Unpackers follow the entries, not the declared number, which holds no more than 65,535 anyway. The markers of
  // ZIP64 (0xffffffff) are beyond every limit by themselves.
  for (let at = bytes.readUInt32LE(end + 16); at + entrySize <= end && bytes.readUInt32LE(at) === directoryEntry; entries += 1) {
    if (bytes.readUInt16LE(at + 8) & 1) throw new TaskFailed('document_encrypted', 'The document is protected by a password.');
    total += bytes.readUInt32LE(at + 24);
    if (entries >= limits.zipEntries) throw tooComplex(`holds more than ${limits.zipEntries} files`);
    if (total > limits.unzippedBytes) throw tooComplex(`unpacks to more than ${Math.round(limits.unzippedBytes / 1e6)} MB`);
    at += entrySize + bytes.readUInt16LE(at + 28) + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
  if (entries < declared) throw broken();
}

export function isZip(bytes: Buffer): boolean {
  return bytes.length >= endSize && bytes.readUInt32LE(0) === 0x04034b50;
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
