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
    let free = 0; // when the chunk before this one has left: none overtakes another
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
      const now = performance.now();
      free = Math.max(free, now + (this.weather.kind === 'delay' ? this.weather.ms : 0));
      if (free <= now) to.write(chunk);
      else setTimeout(() => to.write(chunk), free - now);
    });
    from.on('error', () => {});
    from.on('close', () => {
      this.sockets.delete(from);
      if (to.connecting) to.once('connect', () => to.destroy());
      else to.destroy();
    });
  }
}
