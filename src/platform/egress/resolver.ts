import { Resolver } from 'node:dns/promises';
import { AnswerCache } from './answer-cache.js';
import { ResolveFailed } from './errors.js';

/** Names to addresses. Throws `ResolveFailed`. */
export interface AddressResolver {
  resolve(name: string): Promise<readonly string[]>;
}

export interface DnsResolverOptions {
  /** For both address families of one name, retries included. */
  readonly timeoutMs?: number;
  /** How long the slower family is waited for once the other has answered (RFC 8305 calls it the resolution delay). */
  readonly secondFamilyMs?: number;
  /** `host:port` of name servers; those of the system by default. */
  readonly servers?: readonly string[];
  readonly now?: () => number;
}

interface Answer {
  readonly addresses: readonly string[];
  readonly ttlMs: number;
}

/**
 * c-ares, not `dns.lookup`: that one runs in Node's thread pool, where a few dead names block every other lookup for half a minute.
 * It asks name servers only: the hosts file and search domains do not count.
 */
export class DnsResolver implements AddressResolver {
  private readonly channel: Resolver;
  private readonly cache: AnswerCache<Answer>;
  private readonly timeoutMs: number;
  private readonly secondFamilyMs: number;

  constructor(options: DnsResolverOptions = {}) {
    this.timeoutMs = options.timeoutMs ?? 5_000;
    this.secondFamilyMs = options.secondFamilyMs ?? 250;
    // Three tries inside our own limit, which is the one that counts.
    this.channel = new Resolver({ timeout: Math.ceil(this.timeoutMs / 4), tries: 3 });
    if (options.servers) this.channel.setServers(options.servers);
    this.cache = new AnswerCache({ keepMs: (answer) => answer.ttlMs, now: options.now });
  }

  async resolve(name: string): Promise<readonly string[]> {
    const answer = await this.cache.get(name, () => this.ask(name));
    return answer.addresses;
  }

  private async ask(name: string): Promise<Answer> {
    const families = [this.askFamily(name, 4), this.askFamily(name, 6)];
    const first = await Promise.any(families.map(found)).catch(() => null);
    if (!first) throw new ResolveFailed(worst(await Promise.all(families)), name);
    const late = { addresses: [], ttlMs: longestMs };
    const both = await Promise.all(families.map((family) => within(this.secondFamilyMs, family.then(answerOf), late)));
    return { addresses: both.flatMap((answer) => answer.addresses), ttlMs: Math.min(...both.map((answer) => answer.ttlMs)) };
  }

  /** Never rejects, so that one family's failure cannot go unhandled while the other is awaited. */
  private async askFamily(name: string, family: 4 | 6): Promise<Outcome> {
    const query = family === 4 ? this.channel.resolve4(name, { ttl: true }) : this.channel.resolve6(name, { ttl: true });
    const outcome = query.then(
      (records): Outcome => ({ addresses: records.map((record) => record.address), ttlMs: ttlMs(records.map((record) => record.ttl)) }),
      (error: NodeJS.ErrnoException): Outcome => error.code ?? 'UNKNOWN',
    );
    return within(this.timeoutMs, outcome, 'ETIMEOUT');
  }
}

/** An answer, or c-ares' error code. */
type Outcome = Answer | string;

const longestMs = 30_000;

/** A short cache saves queries in a burst of deliveries and still follows a receiver that moves. */
function ttlMs(seconds: readonly number[]): number {
  return Math.min(longestMs, Math.max(1_000, Math.min(...seconds) * 1_000));
}

async function found(outcome: Promise<Outcome>): Promise<Answer> {
  const settled = await outcome;
  if (typeof settled === 'string' || settled.addresses.length === 0) throw new Error('no address');
  return settled;
}

function answerOf(outcome: Outcome): Answer {
  return typeof outcome === 'string' ? { addresses: [], ttlMs: longestMs } : outcome;
}

/**
 * NXDOMAIN holds for the whole name, so it decides. Otherwise a family that our resolver failed to find out about may have had
 * the address: that is our failure, not the receiver's.
 */
function worst(outcomes: readonly Outcome[]): ResolveFailed['kind'] {
  const codes = outcomes.map((outcome) => (typeof outcome === 'string' ? outcome : 'ENODATA'));
  if (codes.includes('ENOTFOUND') || codes.every((code) => code === 'ENODATA' || code === 'EBADNAME')) return 'nxdomain';
  return codes.includes('ETIMEOUT') ? 'timeout' : 'servfail';
}

async function within<T>(ms: number, promise: Promise<T>, otherwise: T): Promise<T> {
  const { promise: late, resolve } = Promise.withResolvers<T>();
  const timer = setTimeout(resolve, ms, otherwise);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
