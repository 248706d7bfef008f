import { eventually } from './eventually.js';
import { call } from './service.js';

/** Samples as `/metrics` shows them, by name and labels as written, e.g. `postback_outbox{status="held"}`. */
export type Samples = ReadonlyMap<string, number>;

export function readSamples(text: string): Samples {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]));
}

export async function scrape(url: string, key: string | null = null): Promise<Samples> {
  const { status, text } = await call('GET', `${url}/metrics`, { key });
  if (status !== 200) throw new Error(`GET /metrics answered ${status}: ${text}`);
  return readSamples(text);
}

/** Scrapes until the samples satisfy `holds`. */
export function scrapeUntil(url: string, holds: (samples: Samples) => boolean, what: string): Promise<Samples> {
  return eventually(async () => {
    const samples = await scrape(url);
    return holds(samples) && samples;
  }, what) as Promise<Samples>;
}
