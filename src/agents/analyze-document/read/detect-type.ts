import { TaskFailed } from '../../agent.js';

export type DocumentType = 'pdf' | 'docx' | 'html' | 'text';

const docx = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';

/** Decides by what the bytes are; a file's name and declared content type are hearsay. */
export async function detectType(bytes: Buffer): Promise<DocumentType> {
  if (hasPdfHeader(bytes)) return 'pdf';
  const { fileTypeFromBuffer } = await import('file-type');
  const magic = await fileTypeFromBuffer(bytes);
  if (magic?.mime === 'application/pdf') return 'pdf';
  if (magic?.mime === docx) return 'docx';
  if (magic?.ext === 'cfb') throw oldWordOrEncrypted(bytes);
  if (magic && magic.mime !== 'application/xml') throw unsupported(`The document is a ${magic.ext.toUpperCase()} file`);
  if (!looksLikeText(bytes)) throw unsupported('The document is neither text nor a known kind of file');
  if (looksLikeHtml(bytes)) return 'html';
  if (magic) throw unsupported('The document is an XML file');
  return 'text';
}

// Readers accept a header anywhere in the first kilobyte, and mail gateways do put lines before it.
function hasPdfHeader(bytes: Buffer): boolean {
  return bytes.subarray(0, 1024).includes('%PDF-');
}

/** An encrypted .docx is not a ZIP but a compound file, as is every .doc; the name of a stream tells them apart. */
function oldWordOrEncrypted(bytes: Buffer): TaskFailed {
  if (bytes.includes(Buffer.from('EncryptedPackage', 'utf16le'))) {
    return new TaskFailed('document_encrypted', 'The document is protected by a password.');
  }
  return unsupported('The document is in an old Office format (such as .doc)');
}

/** Text may contain a stray control character; binary data is full of them. */
function looksLikeText(bytes: Buffer): boolean {
  if (utf16Of(bytes)) return true;
  const sample = bytes.subarray(0, 65_536);
  let control = 0;
  for (const byte of sample) if (byte < 9 || (byte > 13 && byte < 32 && byte !== 27)) control += 1;
  return control <= sample.length * 0.02;
}

/** By its mark; or, as English is mostly Latin letters, by the zeros that are half of each, all on one side. */
export function utf16Of(bytes: Buffer): 'utf-16le' | 'utf-16be' | null {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  const sample = bytes.subarray(0, 4096);
  const zeros = [0, 0];
  for (const [index, byte] of sample.entries()) if (byte === 0) zeros[index % 2]! += 1;
  const [even = 0, odd = 0] = zeros;
  if (even + odd < sample.length * 0.4 || Math.min(even, odd) > 0) return null;
  return even === 0 ? 'utf-16le' : 'utf-16be';
}

function looksLikeHtml(bytes: Buffer): boolean {
  const encoding = utf16Of(bytes);
  const head = (
    encoding ? new TextDecoder(encoding).decode(bytes.subarray(0, 8192)) : bytes.subarray(0, 4096).toString('latin1')
  ).toLowerCase();
  return /<!doctype\s+html|<html[\s>]|<head[\s>]|<body[\s>]|<title[\s>]/.test(head) || (startsWithElement(head) && !isMarkdown(head));
}

function startsWithElement(head: string): boolean {
  return /^\W{0,8}<(?:div|p|table|h[1-6]|pre|font|center|span|section|article|main|header|ol|ul)[\s>]/.test(head);
}

/** Which may hold elements, such as a picture on top in the middle. */
function isMarkdown(head: string): boolean {
  return /^#{1,6} \S/m.test(head);
}

function unsupported(what: string): TaskFailed {
  return new TaskFailed('document_type_unsupported', `${what}; PDF, DOCX, HTML and plain text can be read.`);
}
