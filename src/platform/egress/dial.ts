import { connect, isIPv4, type Socket } from 'node:net';
import { sameAddress } from './address-rules.js';
import { EgressBlocked } from './errors.js';

/** A name with a thousand addresses is not a reason to knock a thousand times. */
const maxAddresses = 6;

/** How long one address is waited for before the next is tried beside it (RFC 8305). */
const staggerMs = 250;

/** The first of these addresses that accepts. They are vetted already; nothing is resolved here. Rejects with the first failure, or the signal's reason. */
export async function dial(addresses: readonly string[], port: number, signal: AbortSignal): Promise<Socket> {
  signal.throwIfAborted();
  const race = new DialRace(inTurn(addresses).slice(0, maxAddresses), port);
  const abort = () => race.fail(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await race.run();
  } finally {
    signal.removeEventListener('abort', abort);
    race.end();
  }
}

class DialRace {
  private readonly outcome = Promise.withResolvers<Socket>();
  private readonly open = new Set<Socket>();
  private firstFailure: unknown;
  private stagger: NodeJS.Timeout | undefined;

  constructor(
    private readonly waiting: string[],
    private readonly port: number,
  ) {}

  run(): Promise<Socket> {
    this.startNext();
    return this.outcome.promise;
  }

  fail(reason: unknown): void {
    this.outcome.reject(reason);
  }

  /** The winner has left the set; the others are closed. */
  end(): void {
    clearTimeout(this.stagger);
    this.waiting.length = 0;
    for (const socket of this.open) socket.destroy();
  }

  private startNext(): void {
    clearTimeout(this.stagger);
    const address = this.waiting.shift();
    if (address === undefined) return;
    const socket = connect({ host: address, port: this.port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 });
    this.open.add(socket);
    socket.once('connect', () => this.won(socket, address));
    // Stays for the socket's life: between here and the next owner's listener an error must not end the process.
    socket.on('error', (error) => this.lost(socket, error));
    this.stagger = setTimeout(() => this.startNext(), staggerMs);
  }

  private won(socket: Socket, address: string): void {
    // What was vetted is an address; make sure that it is the one at the other end.
    const peer = socket.remoteAddress;
    if (peer === undefined) socket.destroy(new Error('The connection ended as soon as it stood.'));
    else if (!sameAddress(peer, address))
      this.fail(new EgressBlocked('The connection leads to another address than the one that was checked.'));
    else {
      this.open.delete(socket);
      this.outcome.resolve(socket);
    }
  }

  private lost(socket: Socket, error: Error): void {
    if (!this.open.delete(socket)) return;
    this.firstFailure ??= error;
    if (this.waiting.length > 0) this.startNext();
    else if (this.open.size === 0) this.fail(this.firstFailure);
  }
}

/** IPv4 first, as every receiver has it and not every host of ours has IPv6, then by turns. */
function inTurn(addresses: readonly string[]): string[] {
  const v4 = addresses.filter(isIPv4);
  const v6 = addresses.filter((address) => !isIPv4(address));
  const turns = Math.max(v4.length, v6.length);
  return Array.from({ length: turns }, (_, i) => [v4[i], v6[i]])
    .flat()
    .filter((address) => address !== undefined);
}
