/** The longest wait a receiver can ask for by default: a day. */
export const maxRetryAfterMs = 24 * 60 * 60 * 1000;

/** Longer values are no date and no sensible number of seconds. */
const MAX_LENGTH = 64;
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** The three forms of RFC 9110 section 5.6.7; a recipient must take all of them. */
const IMF_FIXDATE = /^(?:mon|tue|wed|thu|fri|sat|sun), (\d{2}) ([a-z]{3}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) gmt$/i;
const RFC_850 = /^(?:mon|tues|wednes|thurs|fri|satur|sun)day, (\d{2})-([a-z]{3})-(\d{2}) (\d{2}):(\d{2}):(\d{2}) gmt$/i;
const ASCTIME = /^(?:mon|tue|wed|thu|fri|sat|sun) ([a-z]{3}) ([ \d]\d) (\d{2}):(\d{2}):(\d{2}) (\d{4})$/i;

/**
 * How long a receiver asks us to wait, in ms from `nowMs`, never more than `maxMs` (RFC 9110 section 10.2.3: seconds or a date).
 * A moment that has passed is 0. Null for no header, several of them, and everything the RFC does not allow: `-5`, `0x10`, `1e9`.
 */
export function parseRetryAfter(value: string | readonly string[] | null | undefined, nowMs: number, maxMs: number): number | null {
  if (typeof value !== 'string' || value.length > MAX_LENGTH) return null;
  const text = value.trim();
  const waitMs = /^\d+$/.test(text) ? Number(text) * 1000 : parseHttpDate(text, nowMs) - nowMs;
  return Number.isNaN(waitMs) ? null : Math.min(Math.max(0, waitMs), maxMs);
}

/** Ms since 1970, or NaN. The day's name is not compared with the date: a receiver that is wrong about it still means the date. */
function parseHttpDate(text: string, nowMs: number): number {
  const imf = IMF_FIXDATE.exec(text);
  if (imf) return utc(Number(imf[3]), imf[2]!, imf[1]!, imf.slice(4, 7));
  const rfc850 = RFC_850.exec(text);
  if (rfc850) return utc(fullYear(Number(rfc850[3]), nowMs), rfc850[2]!, rfc850[1]!, rfc850.slice(4, 7));
  const asctime = ASCTIME.exec(text);
  if (asctime) return utc(Number(asctime[6]), asctime[1]!, asctime[2]!, asctime.slice(3, 6));
  return Number.NaN;
}

/** A two-digit year that seems more than 50 years ahead is the last one in the past with these digits (RFC 9110 section 5.6.7). */
function fullYear(twoDigits: number, nowMs: number): number {
  const thisYear = new Date(nowMs).getUTCFullYear();
  const year = thisYear - (thisYear % 100) + twoDigits;
  return year > thisYear + 50 ? year - 100 : year;
}

function utc(year: number, monthName: string, day: string, time: readonly string[]): number {
  const month = MONTHS.indexOf(monthName.toLowerCase());
  const [hour = 0, minute = 0, second = 0] = time.map(Number);
  // A leap second is written as 60 and reads as the second after it.
  if (month < 0 || hour > 23 || minute > 59 || second > 60) return Number.NaN;
  const midnight = new Date(0).setUTCFullYear(year, month, Number(day));
  const isRealDay = new Date(midnight).getUTCMonth() === month && Number(day) > 0;
  return isRealDay ? midnight + ((hour * 60 + minute) * 60 + second) * 1000 : Number.NaN;
}
