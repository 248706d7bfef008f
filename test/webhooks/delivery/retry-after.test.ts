import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { maxRetryAfterMs, parseRetryAfter } from '../../../src/webhooks/delivery/retry-after.js';

const now = Date.UTC(2026, 10, 8, 8, 49, 37);
const day = 86_400_000;

function parse(value: string | string[] | null | undefined): number | null {
  return parseRetryAfter(value, now, maxRetryAfterMs);
}

describe('parseRetryAfter', () => {
  it.each([
    ['5', 5_000],
    ['0', 0],
    ['007', 7_000],
    [' 120\t', 120_000],
    ['86400', day],
    ['Sun, 08 Nov 2026 08:50:07 GMT', 30_000],
    ['Sunday, 08-Nov-26 08:50:07 GMT', 30_000],
    ['Sun Nov  8 08:50:07 2026', 30_000],
    ['sun, 08 nov 2026 08:50:07 gmt', 30_000],
    ['Mon, 08 Nov 2026 08:50:07 GMT', 30_000],
    ['Sun, 08 Nov 2026 08:49:60 GMT', 23_000],
  ])('reads %j', (value, expected) => expect(parse(value)).toBe(expected));

  it.each([
    'Sun, 08 Nov 2026 08:49:37 GMT',
    'Sun, 06 Nov 1994 08:49:37 GMT',
    'Sunday, 06-Nov-94 08:49:37 GMT',
    'Sun Nov  6 08:49:37 1994',
    'Sat, 01 Jan 0000 00:00:00 GMT',
  ])('takes the past, %j, for now', (value) => expect(parse(value)).toBe(0));

  it('takes a two-digit year for the nearest that is at most 50 years ahead', () => {
    expect(parse('Sunday, 08-Nov-76 08:49:37 GMT')).toBe(maxRetryAfterMs);
    expect(parse('Monday, 08-Nov-77 08:49:37 GMT')).toBe(0);
  });

  it.each(['86401', '1000000000', '9'.repeat(60), 'Fri, 31 Dec 9999 23:59:59 GMT'])('clamps %j to the longest wait', (value) => {
    expect(parse(value)).toBe(maxRetryAfterMs);
    expect(parseRetryAfter(value, now, 1_000)).toBe(1_000);
  });

  it.each<[string | string[] | null | undefined]>([
    [undefined],
    [null],
    [['5']],
    [['5', '10']],
    [''],
    [' '],
    ['-5'],
    ['+5'],
    ['5.5'],
    ['0x10'],
    ['1e9'],
    ['5s'],
    ['5, 10'],
    ['٥'],
    ['Infinity'],
    ['NaN'],
    ['soon'],
    ['9'.repeat(65)],
    ['2026-11-08T08:50:07Z'],
    ['08 Nov 2026 08:50:07 GMT'],
    ['Sun, 8 Nov 2026 08:50:07 GMT'],
    ['Sun, 08 Nov 2026 08:50:07 UTC'],
    ['Sun, 08 Nov 2026 08:50:07 +0100'],
    ['Sun, 08 Nov 2026 24:00:00 GMT'],
    ['Sun, 08 Nov 2026 08:60:07 GMT'],
    ['Sun, 08 Nov 2026 08:50:61 GMT'],
    ['Sun, 31 Feb 2026 08:50:07 GMT'],
    ['Sun, 00 Nov 2026 08:50:07 GMT'],
    ['Sun, 08 Nop 2026 08:50:07 GMT'],
    ['Sunday, 08 Nov 2026 08:50:07 GMT'],
  ])('makes nothing of %j', (value) => expect(parse(value)).toBeNull());

  it('reads back any date of the next day, in each of the three forms, to the second', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 86_400 }), (seconds) => {
        const imf = new Date(now + seconds * 1000).toUTCString();
        const [, date, month, year, time] = /^\w{3}, (\d\d) (\w{3}) (\d{4}) ([\d:]{8}) GMT$/.exec(imf)!;
        expect(parse(imf)).toBe(seconds * 1000);
        expect(parse(`Sunday, ${date}-${month}-${year!.slice(2)} ${time} GMT`)).toBe(seconds * 1000);
        expect(parse(`Sun ${month} ${date!.replace(/^0/, ' ')} ${time} ${year}`)).toBe(seconds * 1000);
      }),
    );
  });

  it('gives null or a finite time within bounds, whatever it is given', () => {
    const pieces = fc.array(fc.constantFrom('Sun', ', ', '08', ' ', 'Nov', '2026', ':', '99', 'GMT', '-', '1e9', '\0', '\n'), {
      maxLength: 16,
    });
    const value = fc.oneof(
      fc.string({ unit: 'binary' }),
      pieces.map((all) => all.join('')),
      fc.nat().map(String),
    );
    fc.assert(
      fc.property(value, fc.integer({ min: 0, max: 10 * day }), (text, max) => {
        const wait = parseRetryAfter(text, now, max);
        expect(wait === null || (wait >= 0 && wait <= max)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });
});
