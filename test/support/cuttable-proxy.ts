import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { Transform } from 'node:stream';

/** A TCP proxy in front of a server, such as Postgres, that can be cut: connections break, and new ones are refused. */
export class CuttableProxy {
  private readonly sockets = new Set<Socket>();
  private server: Server | null = null;
  private port = 0;
  private swallows = false;

  private constructor(
    private readonly targetHost: string,
    private readonly targetPort: number,
  ) {}

  static async start(targetHost: string, targetPort: number): Promise<CuttableProxy> {
    const proxy = new CuttableProxy(targetHost, targetPort);
    await proxy.restore();
    return proxy;
  }

  /** The same URL, through the proxy. */
  static async before(url: string): Promise<{ proxy: CuttableProxy; url: string }> {
    const through = new URL(url);
    const proxy = await CuttableProxy.start(through.hostname, Number(through.port || 5432));
    through.hostname = '127.0.0.1';
    through.port = String(proxy.port);
    return { proxy, url: through.href };
  }

  async cut(): Promise<void> {
    const { server } = this;
    this.server = null;
    const closed = server && once(server, 'close');
    server?.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  /** From now on nothing that is sent arrives, and nobody is told; a connection that has lost something is lost. */
  swallow(swallows = true): void {
    this.swallows = swallows;
  }

  /** At the same port as before. */
  async restore(): Promise<void> {
    this.server = createServer((client) => this.join(client)).listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
  }

  private join(client: Socket): void {
    const target = connect(this.targetPort, this.targetHost);
    for (const [socket, other] of [
      [client, target],
      [target, client],
    ] as const) {
      this.sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        this.sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(this.sieve()).pipe(other);
    }
  }

  private sieve(): Transform {
    let lost = false;
    return new Transform({
      transform: (chunk, _, done) => {
        lost ||= this.swallows;
        if (lost) done();
        else done(null, chunk);
      },
    });
  }
}
