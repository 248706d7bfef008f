import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** What came back over one connection. */
export interface RawAnswer {
  status: number;
  /** Names in lower case. */
  headers: Record<string, string>;
  body: string;
}

/** A client that says exactly what it is told to, byte by byte. */
export class RawClient {
  private received = '';
  private ended = false;
  private arrived: () => void = () => {};

  private constructor(private readonly socket: Socket) {
    socket.setEncoding('latin1');
    socket.on('data', (chunk) => this.note(String(chunk)));
    socket.on('error', () => {}); // a reset is an end like any other here
    socket.on('close', () => {
      this.ended = true;
      this.arrived();
    });
  }

  static async connect(url: string): Promise<RawClient> {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    const client = new RawClient(socket);
    await once(socket, 'connect');
    return client;
  }

  get closed(): boolean {
    return this.ended;
  }

  /** Resolves once the bytes have left, or the peer is gone. */
  write(text: string | Buffer): Promise<void> {
    return new Promise((resolve) => {
      if (this.socket.destroyed) resolve();
      else this.socket.write(text, () => resolve());
    });
  }

  /** The head and as much of the body as it says; rejects when the connection ends before. */
  async answer(): Promise<RawAnswer> {
    for (;;) {
      const whole = this.parse();
      if (whole !== null) return whole;
      if (this.ended) throw new Error(`The connection ended after: ${JSON.stringify(this.received.slice(0, 200))}`);
      await new Promise<void>((resolve) => {
        this.arrived = resolve;
      });
    }
  }

  async untilClosed(): Promise<void> {
    if (!this.ended) await once(this.socket, 'close');
  }

  close(): void {
    this.socket.destroy();
  }

  private note(chunk: string): void {
    this.received += chunk;
    this.arrived();
  }

  private parse(): RawAnswer | null {
    const end = this.received.indexOf('\r\n\r\n');
    if (end < 0) return null;
    const [first = '', ...lines] = this.received.slice(0, end).split('\r\n');
    const headers = Object.fromEntries(lines.map((line) => [line.split(':')[0]!.toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]));
    const body = this.received.slice(end + 4);
    if (body.length < Number(headers['content-length'] ?? 0)) return null;
    return { status: Number(first.split(' ')[1]), headers, body };
  }
}
