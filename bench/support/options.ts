import { parseArgs } from 'node:util';

export interface Options {
  /** Instead of the table, one JSON object as the last line. */
  json: boolean;
  /** A smoke test: everything small, figures mean nothing. */
  quick: boolean;
  /** Pairs to measure; null: the scenario's own number. */
  rounds: number | null;
  /** Rows of the scenario's backlog or history; null: its own number. */
  rows: number | null;
  /** Directory for CPU profiles of the service's processes. */
  profile: string | null;
  /** Directory for the plans of the measured statements. */
  plans: string | null;
  /** Tell on stderr where the time went: statements (embedded Postgres only), and CPU by process (Linux only). */
  costs: boolean;
  /** Of `all`: a file with what it printed before; the page is written from that, and nothing is measured. */
  from: string | null;
  /** Of `all`: only these scenarios are measured, and take the place of what was kept of them. */
  only: string[] | null;
}

export function readOptions(args: readonly string[]): { scenario: string | null; options: Options } {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      rows: { type: 'string' },
      profile: { type: 'string' },
      plans: { type: 'string' },
      costs: { type: 'boolean', default: false },
      from: { type: 'string' },
      only: { type: 'string' },
    },
  });
  const { json, quick, costs, rounds, rows, profile = null, plans = null, from = null } = values;
  const only = values.only?.split(',') ?? null;
  const options = { json, quick, costs, rounds: count('rounds', rounds), rows: count('rows', rows), profile, plans, from, only };
  return { scenario: positionals[0] ?? null, options };
}

/** 2000000, 2M and 20k are numbers here. */
function count(name: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  const [, digits, unit] = /^(\d+)([kM]?)$/.exec(text) ?? [];
  if (digits === undefined) throw new Error(`--${name} is a whole number such as 500, 20k or 2M, not "${text}".`);
  return Number(digits) * (unit === 'k' ? 1_000 : unit === 'M' ? 1_000_000 : 1);
}
