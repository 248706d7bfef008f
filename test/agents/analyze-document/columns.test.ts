import { describe, expect, it } from '@jest/globals';
import { defaultLimits } from '../../../src/agents/analyze-document/limits.js';
import { readPdf } from '../../../src/agents/analyze-document/read/read-pdf.js';
import { makePdf } from './documents.js';

const left = lines('left', 24);
const right = lines('right', 24);

/** Lines of running text, as wide as a column. */
function lines(side: string, count: number): string[] {
  return Array.from({ length: count }, (_, n) => `the ${side} text goes on in line ${n} of its column and`);
}

async function textOf(draw: (pdf: PDFKit.PDFDocument) => void): Promise<string[]> {
  const { paragraphs } = await readPdf(await makePdf((pdf) => draw(pdf.fontSize(10)), { margin: 50 }), defaultLimits, () => {});
  return paragraphs.map(({ text }) => text);
}

function write(pdf: PDFKit.PDFDocument, text: string, x: number, y: number): void {
  pdf.text(text, x, y, { lineBreak: false });
}

const [x1, x2] = [50, 310];

describe('a page of two columns', () => {
  it('is read column by column, in whatever order its lines were written', async () => {
    const whole = [...left, ...right].join(' ');
    const byColumn = await textOf((pdf) => {
      for (const [n, line] of left.entries()) write(pdf, line, x1, 60 + n * 14);
      for (const [n, line] of right.entries()) write(pdf, line, x2, 60 + n * 14);
    });
    expect(byColumn).toEqual([whole]);
    const interleaved = await textOf((pdf) => {
      for (const [n, line] of left.entries()) {
        write(pdf, line, x1, 60 + n * 14);
        write(pdf, right[n]!, x2, 60 + n * 14);
      }
    });
    expect(interleaved).toEqual([whole]);
    const rightFirst = await textOf((pdf) => {
      for (const [n, line] of right.entries()) write(pdf, line, x2, 60 + n * 14);
      for (const [n, line] of left.entries()) write(pdf, line, x1, 60 + n * 14);
    });
    expect(rightFirst).toEqual([whole]);
  });

  it('is parted by what stands over its whole width', async () => {
    const across = 'A title that stands over both of the columns and reaches far across the middle of the page.';
    const text = await textOf((pdf) => {
      for (const [n, line] of left.entries()) {
        const y = 60 + n * 14 + (n >= 12 ? 40 : 0);
        if (n === 12) write(pdf, across, x1, y - 26);
        write(pdf, line, x1, y);
        write(pdf, right[n]!, x2, y);
      }
    });
    expect(text.join(' ')).toBe([...left.slice(0, 12), ...right.slice(0, 12), across, ...left.slice(12), ...right.slice(12)].join(' '));
  });
});

describe('a page of more columns', () => {
  const short = (side: string, count: number) => Array.from({ length: count }, (_, n) => `${side} text of line ${n} in its`);

  it.each([3, 4])('is read column by column: %i', async (count) => {
    const columns = Array.from({ length: count }, (_, n) => short('abcd'[n]!, 20));
    const title = 'A title that stands over all of the columns and reaches far across the middle of the page.';
    const text = await textOf((pdf) => {
      write(pdf, title, x1, 40);
      for (let row = 0; row < 20; row += 1)
        for (const [n, column] of columns.entries()) write(pdf, column[row]!, x1 + n * 130, 70 + row * 14);
    });
    expect(text).toEqual([title, columns.flat().join(' ')]);
  });

  it('is read row by row when it is a table of three', async () => {
    const text = await textOf((pdf) => {
      for (let row = 0; row < 20; row += 1) {
        write(pdf, `Item ${row}`, x1, 60 + row * 20);
        write(pdf, `costs ${row * 7} dollars`, x1 + 180, 60 + row * 20);
        write(pdf, 'a month', x1 + 400, 60 + row * 20);
      }
    });
    expect(text.join(' ')).toContain('Item 3 costs 21 dollars a month');
  });
});

describe('a page that only looks like one of two columns', () => {
  it('is read row by row: a table of terms, signatures side by side', async () => {
    const table = await textOf((pdf) => {
      for (let n = 0; n < 20; n += 1) {
        write(pdf, `Term ${n}`, x1, 60 + n * 20);
        write(pdf, `means what is said about it in the row of number ${n}.`, x2, 60 + n * 20);
      }
    });
    expect(table.join(' ')).toContain('Term 3 means what is said about it in the row of number 3.');
    const signatures = await textOf((pdf) => {
      for (let n = 0; n < 10; n += 1) {
        write(pdf, `By: ${n}`, x1, 60 + n * 20);
        write(pdf, `By: ${n}`, x2, 60 + n * 20);
      }
    });
    expect(signatures.join(' ')).toContain('By: 4 By: 4');
  });
});
