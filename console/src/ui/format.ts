const whole = new Intl.NumberFormat('en');

export const number = (n: number): string => whole.format(n);

export const plural = (n: number, one: string, many = `${one}s`): string => `${number(n)} ${n === 1 ? one : many}`;

/** The two largest units: "3 h 12 min". */
export function duration(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min${s < 600 && s % 60 ? ` ${s % 60} s` : ''}`;
  if (s < 86_400) return `${Math.floor(s / 3600)} h${s % 3600 >= 60 ? ` ${Math.floor((s % 3600) / 60)} min` : ''}`;
  return `${Math.floor(s / 86_400)} d${s % 86_400 >= 3600 ? ` ${Math.floor((s % 86_400) / 3600)} h` : ''}`;
}

/** Of what is measured in milliseconds. */
export function milliseconds(ms: number | null): string {
  if (ms === null) return '–';
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
}

export function fewSeconds(seconds: number): string {
  return seconds < 10 ? milliseconds(seconds * 1000) : duration(seconds);
}

export const percent = (share: number): string => `${(Math.floor(share * 1000) / 10).toFixed(share === 1 ? 0 : 1)} %`;

/** Ids are version 7: the end tells them apart, the beginning is the time. */
export const shortId = (id: string): string => `${id.slice(0, 8)}…${id.slice(-6)}`;

export const local = (iso: string): string =>
  new Date(iso).toLocaleString('en-GB', {
    year: 'numeric',
    month: 'short',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });

/** "dead_letter" as words. */
export const words = (code: string): string => code.replaceAll('_', ' ');

/** Text that may be anything. */
export function splitUrl(url: string): { host: string; rest: string } {
  const match = /^(https?:\/\/)([^/?#]*)(.*)$/is.exec(url);
  return match ? { host: match[2]!, rest: match[3]! } : { host: url, rest: '' };
}

/** JSON that is nicer to read, or the text as it is. */
export function pretty(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value, null, 2) ?? 'undefined';
  try {
    return JSON.stringify(JSON.parse(value), null, 2);
  } catch {
    return value;
  }
}
