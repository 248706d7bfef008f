import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/**
 * `delay`: every chunk arrives so much later. `hold`: none arrives before the weather changes. `drop`: what is sent vanishes, and a connection that has lost a byte stays silent for ever,
 * as behind a firewall that forgot it. Nobody is told.
 */
export type Weather = { kind: 'fair' } | { kind: 'delay'; ms: number } | { kind: 'hold' } | { kind: 'drop' };

/** The way from one process of the service to Postgres. */
export class DatabaseProxy {
  private weather: Weather = { kind: 'fair' };
  private readonly sockets = new Set<Socket>();
  private readonly held: (() => void)[] = [];

  private constructor(
    private readonly server: Server,
    private readonly target: number,
  ) {}

  static async before(target: number): Promise<DatabaseProxy> {
    const server = createServer();
    const proxy = new DatabaseProxy(server, target);
    server.on('connection', (client) => proxy.join(client));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  set(weather: Weather): void {
    this.weather = weather;
    if (weather.kind === 'hold') return;
    for (const arrive of this.held.splice(0)) arrive();
  }

  /** Every connection ends with a reset; new ones are welcome. */
  reset(): void {
    this.held.length = 0;
    for (const socket of this.sockets) socket.resetAndDestroy();
  }

  close(): void {
    this.reset();
    this.server.close();
  }

  private join(client: Socket): void {
    const server = connect(this.target, '127.0.0.1');
    const lost = { bytes: false };
    this.lead(client, server, lost);
    this.lead(server, client, lost);
  }

  private lead(from: Socket, to: Socket, lost: { bytes: boolean }): void {
    // in one line: timers of nearly the same time may go off in any order, and a stream whose bytes change places is no network
    const late: { chunk: Buffer; at: number }[] = [];
    const leave = () => {
      while (late.length > 0 && late[0]!.at <= performance.now()) to.write(late.shift()!.chunk);
      if (late.length > 0) setTimeout(leave, late[0]!.at - performance.now());
    };
    this.sockets.add(from);
    from.on('data', (chunk) => {
      if (lost.bytes || this.weather.kind === 'drop') {
        lost.bytes = true;
        return;
      }
      if (this.weather.kind === 'hold') {
        this.held.push(() => to.write(chunk));
        return;
      }
      if (this.weather.kind === 'fair' && late.length === 0) {
        to.write(chunk);
        return;
      }
      const at = performance.now() + (this.weather.kind === 'delay' ? this.weather.ms : 0);
      late.push({ chunk, at: Math.max(at, late.at(-1)?.at ?? 0) });
      if (late.length === 1) leave();
    });
    from.on('error', () => {});
    from.on('close', () => {
      this.sockets.delete(from);
      if (to.connecting) to.once('connect', () => to.destroy());
      else to.destroy();
    });
  }
}
