import { ResolveFailed } from '../../../../src/platform/egress/errors.js';
import type { AddressResolver } from '../../../../src/platform/egress/resolver.js';

/** Each name's answers in turn; the last one stays. An unknown name does not exist. */
export class FakeResolver implements AddressResolver {
  readonly asked: string[] = [];

  constructor(private readonly answers: Record<string, (readonly string[] | Error)[]>) {}

  async resolve(name: string): Promise<readonly string[]> {
    this.asked.push(name);
    const queue = this.answers[name];
    const answer = queue && queue.length > 1 ? queue.shift() : queue?.[0];
    if (!answer) throw new ResolveFailed('nxdomain', name);
    if (Array.isArray(answer)) return answer;
    throw answer;
  }
}
