import { describe, expect, it } from '@jest/globals';
import { unzip } from '../../../src/agents/analyze-document/read/zip.js';
import { deflatedSpaces, makeZip } from './documents.js';

describe('unzipping', () => {
  it('gives the files by name, deflated and stored', () => {
    const zip = makeZip([
      { name: 'word/a.xml', data: Buffer.from('first') },
      { name: 'b', data: Buffer.from('as it is'), deflated: Buffer.from('as it is') },
      { name: 'empty', data: Buffer.alloc(0) },
    ]);
    // The second entry is stored: method 0, in its own header and in the table of contents.
    zip.writeUInt16LE(0, zip.indexOf('b', zip.indexOf('PK\x03\x04', 4)) - 22);
    zip.writeUInt16LE(0, zip.indexOf('PK\x01\x02', zip.indexOf('PK\x01\x02') + 4) + 10);
    const files = unzip(zip);
    expect(Array.from(files, ([name, read]) => [name, read().toString()])).toEqual([
      ['word/a.xml', 'first'],
      ['b', 'as it is'],
      ['empty', ''],
    ]);
  });

  it('stops at the size that a file said it has', () => {
    const files = unzip(makeZip([{ name: 'liar', data: Buffer.from('short'), deflated: deflatedSpaces(50) }]));
    expect(files.get('liar')).toThrow(expect.objectContaining({ code: 'ERR_BUFFER_TOO_LARGE' }));
  });

  it('refuses a table of contents that points elsewhere', () => {
    const zip = makeZip([{ name: 'a', data: Buffer.from('first') }]);
    zip.writeUInt32LE(3, zip.indexOf('PK\x01\x02') + 42);
    expect(unzip(zip).get('a')).toThrow('table of contents');
  });
});
