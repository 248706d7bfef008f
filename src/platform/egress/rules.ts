import { type Cidr, parseCidr } from './cidr.js';

/** What config says about targets that tenants choose. */
export interface EgressOptions {
  /** `POSTBACK_EGRESS_ALLOW_CIDRS`, e.g. `127.0.0.0/8`; a bare address is a range of one. */
  readonly allowCidrs: readonly string[];
  /** `POSTBACK_EGRESS_ALLOW_HTTP`: plain `http:` is accepted. It opens no address: a private one needs its CIDR too. */
  readonly allowHttp: boolean;
}

/** The same, parsed once. Built by `egressRules`. */
export interface EgressRules {
  readonly allowCidrs: readonly Cidr[];
  readonly allowHttp: boolean;
}

/** Throws a sentence that names the setting when a CIDR cannot be read. */
export function egressRules(options: EgressOptions): EgressRules {
  return {
    allowCidrs: options.allowCidrs.map((text) => {
      const cidr = parseCidr(text);
      if (!cidr) throw new Error(`POSTBACK_EGRESS_ALLOW_CIDRS: "${text}" is not an address range such as 127.0.0.0/8 or fd00::/8.`);
      return cidr;
    }),
    allowHttp: options.allowHttp,
  };
}
