/** The egress rules forbid the target; nothing was sent. The message is a sentence that names the setting which lifts it. */
export class EgressBlocked extends Error {
  readonly code = 'blocked_target';
  override readonly name = 'EgressBlocked';
}

/** `nxdomain` (also: no address) is the name's owner's fault; `servfail` and `timeout` are our resolver's. */
export type ResolveFailure = 'nxdomain' | 'servfail' | 'timeout';

export class ResolveFailed extends Error {
  override readonly name = 'ResolveFailed';

  constructor(
    readonly kind: ResolveFailure,
    host: string,
    options?: ErrorOptions,
  ) {
    super(sentences[kind](host), options);
  }
}

const sentences: Record<ResolveFailure, (host: string) => string> = {
  nxdomain: (host) => `The name "${host}" does not exist or has no address.`,
  servfail: (host) => `The name "${host}" could not be resolved: the name server answered with an error.`,
  timeout: (host) => `The name "${host}" could not be resolved in time.`,
};

/** A connection's steps, in order. */
export type ConnectStage = 'resolve' | 'dial' | 'tls';

export class ConnectTimedOut extends Error {
  override readonly name = 'ConnectTimedOut';

  constructor(readonly stage: ConnectStage) {
    super(stage === 'tls' ? 'The TLS handshake did not finish in time.' : 'The connection was not established in time.');
  }
}

/** A failed handshake or a certificate that does not fit. `cause` is Node's error. */
export class TlsFailed extends Error {
  override readonly name = 'TlsFailed';
}
