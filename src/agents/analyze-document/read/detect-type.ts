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
  if (hasUtf16Mark(bytes)) return true;
  const sample = bytes.subarray(0, 65_536);
  let control = 0;
  for (const byte of sample) if (byte < 9 || (byte > 13 && byte < 32 && byte !== 27)) control += 1;
  return control <= sample.length * 0.02;
}

export function hasUtf16Mark(bytes: Buffer): boolean {
  return (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
}

function looksLikeHtml(bytes: Buffer): boolean {
  const head = (
    hasUtf16Mark(bytes) ? bytes.subarray(0, 8192).toString('utf16le') : bytes.subarray(0, 4096).toString('latin1')
  ).toLowerCase();
  return (
    /<!doctype\s+html|<html[\s>]|<head[\s>]|<body[\s>]|<title[\s>]/.test(head) ||
    /^\W{0,8}<(?:div|p|table|h[1-6]|pre|font|center|span)[\s>]/.test(head)
  );
}

function unsupported(what: string): TaskFailed {
  return new TaskFailed('document_type_unsupported', `${what}; PDF, DOCX, HTML and plain text can be read.`);
}
