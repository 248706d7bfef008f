import { isIP } from 'node:net';
import { judgeAddress } from './address-rules.js';
import { EgressBlocked } from './errors.js';
import { isLocalhost } from './name-rules.js';
import type { AddressResolver } from './resolver.js';
import type { EgressRules } from './rules.js';
import type { TargetPolicy } from './target-policy.js';
import { checkAddresses, checkTarget, type Target, type UrlRefusal } from './url-rules.js';

/** For targets that strangers choose: every rule is applied again at every connect, because names change what they mean. */
export class TenantPolicy implements TargetPolicy {
  constructor(
    private readonly rules: EgressRules,
    private readonly resolver: AddressResolver,
  ) {}

  async vet(target: Target): Promise<readonly string[]> {
    refuseIf(checkTarget(target, this.rules));
    const addresses = await this.addressesOf(target.host);
    refuseIf(checkAddresses(target, addresses, this.rules));
    return addresses;
  }

  private async addressesOf(host: string): Promise<readonly string[]> {
    if (isIP(host)) return [host];
    return isLocalhost(host) ? this.loopback() : this.resolver.resolve(host);
  }

  /** `127.0.0.0/8` alone is to open `localhost` too. We make these answers up ourselves, so leaving one out hides nothing. */
  private loopback(): readonly string[] {
    const both = ['127.0.0.1', '::1'];
    const allowed = both.filter((address) => judgeAddress(address, this.rules.allowCidrs) === 'allowed');
    return allowed.length > 0 ? allowed : both;
  }
}

function refuseIf(refusal: UrlRefusal | null): void {
  if (refusal) throw new EgressBlocked(refusal.message);
}
