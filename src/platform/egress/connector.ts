import { isIP, type Socket } from 'node:net';
import { buildConnector } from 'undici';
import { unlessAborted } from './abort.js';
import { dial } from './dial.js';
import { type ConnectStage, ConnectTimedOut, ResolveFailed, TlsFailed } from './errors.js';
import type { TargetPolicy } from './target-policy.js';
import type { Target } from './url-rules.js';

export interface ConnectorOptions {
  readonly policy: TargetPolicy;
  /** For name, connection and TLS together. A connection may be waited for by several requests, so it has a limit of its own. */
  readonly connectTimeoutMs?: number;
  /** Certificate authorities in place of Node's (PEM). */
  readonly ca?: readonly string[];
  /** Ends connects under way: close. */
  readonly signal?: AbortSignal;
}

/** Where a connect is, for those who wait for it; null when none is under way. */
export interface ConnectProgress {
  stage: ConnectStage | null;
}

/** Undici's connector, with room for a progress. It calls back with `EgressBlocked`, `ResolveFailed`, `ConnectTimedOut`, `TlsFailed` or a socket's error. */
export type Connector = (options: buildConnector.Options, callback: buildConnector.Callback, progress?: ConnectProgress) => void;

/** The only place that opens connections: asks the policy, dials what it vetted, and speaks TLS with the original name. */
export function guardedConnector(options: ConnectorOptions): Connector {
  const secure = buildConnector({ allowH2: false, rejectUnauthorized: true, timeout: 0, ...(options.ca && { ca: [...options.ca] }) });
  return (asked, callback, progress = { stage: null }) => {
    open(asked, progress, options, secure)
      .finally(() => {
        progress.stage = null;
      })
      .then(
        (socket) => callback(null, socket),
        (error) => callback(error, null),
      );
  };
}

async function open(
  asked: buildConnector.Options,
  progress: ConnectProgress,
  options: ConnectorOptions,
  secure: buildConnector.connector,
): Promise<Socket> {
  const target = { protocol: asked.protocol, host: asked.hostname, port: Number(asked.port) || (asked.protocol === 'https:' ? 443 : 80) };
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(timedOut(progress, target)), options.connectTimeoutMs ?? 10_000);
  const close = () => limit.abort(options.signal?.reason);
  options.signal?.addEventListener('abort', close, { once: true });
  if (options.signal?.aborted) close();
  try {
    return await openWithin(limit.signal, asked, target, progress, options.policy, secure);
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', close);
  }
}

async function openWithin(
  signal: AbortSignal,
  asked: buildConnector.Options,
  target: Target,
  progress: ConnectProgress,
  policy: TargetPolicy,
  secure: buildConnector.connector,
): Promise<Socket> {
  progress.stage = 'resolve';
  const addresses = await unlessAborted(policy.vet(target), signal);
  progress.stage = 'dial';
  const socket = await dial(addresses, target.port, signal);
  if (target.protocol !== 'https:') return socket;
  progress.stage = 'tls';
  return unlessAborted(handshake(asked, socket, secure), signal, () => socket.destroy());
}

function timedOut(progress: ConnectProgress, target: Target): Error {
  return progress.stage === 'resolve' ? new ResolveFailed('timeout', target.host) : new ConnectTimedOut(progress.stage ?? 'dial');
}

function handshake(asked: buildConnector.Options, socket: Socket, secure: buildConnector.connector): Promise<Socket> {
  // The certificate is checked against the name that was asked for, never against the address that was dialled.
  const servername = isIP(asked.hostname) ? undefined : asked.hostname;
  return new Promise((resolve, reject) => {
    secure({ ...asked, servername, httpSocket: socket }, (error, secured) => {
      if (secured) return resolve(secured);
      socket.destroy();
      reject(new TlsFailed(`The TLS connection failed (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'}).`, { cause: error }));
    });
  });
}
