/**
 * Suffixes that no public name has: RFC 6761, RFC 6762 appendix G, RFC 8375, and Kubernetes' `svc`.
 * This is the first door only. A public name that leads to a private address is stopped by the address rules at connect.
 */
const privateSuffixes = ['localhost', 'localdomain', 'local', 'internal', 'intranet', 'private', 'corp', 'home', 'lan', 'svc', 'home.arpa'];

/** Where clouds keep a machine's credentials, under names that look public. */
const metadataNames = ['metadata.tencentyun.com', 'metadata.platformequinix.com', 'metadata.packet.net'];

/** Names that only mean something inside a network: single labels, private suffixes, metadata services. Takes a lower-case name. */
export function isPrivateName(name: string): boolean {
  if (!name.includes('.')) return true;
  return [...privateSuffixes, ...metadataNames].some((suffix) => name === suffix || name.endsWith(`.${suffix}`));
}

/** RFC 6761: these mean loopback everywhere, without asking anybody. */
export function isLocalhost(name: string): boolean {
  return name === 'localhost' || name.endsWith('.localhost');
}

/** A name that DNS can hold: up to 253 characters in labels of 1 to 63 letters, digits, hyphens and underscores. */
export function isResolvableName(name: string): boolean {
  return name.length <= 253 && name.split('.').every((label) => /^[a-z0-9_-]{1,63}$/.test(label));
}
