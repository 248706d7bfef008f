import { parseArgs } from 'node:util';
import type { Answer } from '../support/sample-receiver.js';

export interface ListenOptions {
  port: number;
  /** Null: signatures are not checked. */
  secret: string | null;
  /** For the nth webhook, counting from 1. */
  answer(nth: number): Answer;
}

export const USAGE = `Usage: npm run listen -- [--port 4000] [--secret <secret>] [--fail <n>] [--status <code>] [--drop] [--delay <ms>] [--retry-after <seconds>]

  --secret        verify both signatures; what does not hold is answered 401
  --fail          do wrong for the first n webhooks (500, unless told otherwise), and answer 200 from then on
  --status        answer with this status: the first n with --fail, else all
  --drop          close the connection without an answer: the first n with --fail, else all
  --delay         wait so many ms before each answer
  --retry-after   send Retry-After along with every answer that is not 2xx`;

/** Throws an error with a sentence when they cannot be understood. */
export function readListenOptions(args: readonly string[]): ListenOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      port: { type: 'string', default: '4000' },
      secret: { type: 'string' },
      fail: { type: 'string' },
      status: { type: 'string' },
      drop: { type: 'boolean', default: false },
      delay: { type: 'string', default: '0' },
      'retry-after': { type: 'string' },
    },
  });
  const { secret = null, drop, fail, status, delay, 'retry-after': retryAfter } = values;
  if (drop && status !== undefined) throw new Error('--drop sends no status; give one of --drop and --status.');
  const wrongs = fail === undefined ? (drop || status !== undefined ? Number.POSITIVE_INFINITY : 0) : whole('fail', fail, 0, 1_000_000);
  const wrong = drop ? null : whole('status', status ?? '500', 200, 599);
  const delayMs = whole('delay', delay, 0, 600_000);
  const wait = retryAfter === undefined ? null : String(whole('retry-after', retryAfter, 0, 86_400));
  return {
    port: whole('port', values.port, 0, 65_535),
    secret,
    answer(nth) {
      const code = nth <= wrongs ? wrong : 200;
      return { status: code, delayMs, retryAfter: code !== null && code >= 300 ? wait : null };
    },
  };
}

function whole(name: string, text: string, least: number, most: number): number {
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw new Error(`--${name} is a whole number from ${least} to ${most}, not "${text}".`);
}
