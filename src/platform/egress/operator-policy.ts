import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { EgressBlocked, ResolveFailed } from './errors.js';
import type { AddressResolver } from './resolver.js';
import type { TargetPolicy } from './target-policy.js';
import { type Target, targetOf } from './url-rules.js';

/** For targets that config names: exactly those hosts and ports, wherever they are. */
export class OperatorPolicy implements TargetPolicy {
  private readonly allowed: ReadonlySet<string>;

  constructor(
    urls: readonly string[],
    private readonly resolver: AddressResolver,
  ) {
    this.allowed = new Set(urls.map((url) => keyOf(targetOf(new URL(url)))));
  }

  async vet(target: Target): Promise<readonly string[]> {
    if (!this.allowed.has(keyOf(target)))
      throw new EgressBlocked(`"${keyOf(target)}" is not among the hosts that the configuration names.`);
    return isIP(target.host) ? [target.host] : this.resolve(target.host);
  }

  /**
   * Operators name hosts that only the hosts file or a search domain knows (`mailhog`, `host.docker.internal`). The system's resolver
   * is asked for those, and only after DNS said "no such name", so that a dead name server never fills Node's thread pool.
   */
  private async resolve(host: string): Promise<readonly string[]> {
    try {
      return await this.resolver.resolve(host);
    } catch (error) {
      if (!(error instanceof ResolveFailed) || error.kind !== 'nxdomain') throw error;
      return this.askSystem(host, error);
    }
  }

  private async askSystem(host: string, notFound: ResolveFailed): Promise<readonly string[]> {
    const found = await lookup(host, { all: true }).catch(() => {
      throw notFound;
    });
    return found.map(({ address }) => address);
  }
}

function keyOf(target: Target): string {
  return `${target.host}:${target.port}`;
}
