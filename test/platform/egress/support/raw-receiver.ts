import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

export type Script = (socket: Socket, receiver: RawReceiver) => void;

export function pem(name: string): string {
  return readFileSync(new URL(`./fixtures/${name}.pem`, import.meta.url), 'utf8');
}

/** A server on loopback that says exactly the bytes it is told to. */
export class RawReceiver implements AsyncDisposable {
  connections = 0;
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly server: Server) {}

  /** The script runs at each connection. With a certificate's name the connection is TLS. */
  static async start(script: Script, certificate?: string, host = '127.0.0.1'): Promise<RawReceiver> {
    const server = certificate ? createTlsServer({ key: pem('key'), cert: pem(certificate) }) : createServer();
    const receiver = new RawReceiver(server);
    server.on('connection', (socket: Socket) => receiver.count(socket));
    server.on(certificate ? 'secureConnection' : 'connection', (socket: Socket) => {
      socket.on('error', () => {});
      script(socket, receiver);
    });
    server.listen(0, host);
    await once(server, 'listening');
    return receiver;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://${(this.server.address() as AddressInfo).address}:${this.port}/hook`;
  }

  /** Nobody is connected any more. */
  async deserted(): Promise<void> {
    await Promise.all([...this.sockets].map((socket) => socket.closed || new Promise((resolve) => socket.once('close', resolve))));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private count(socket: Socket): void {
    this.connections += 1;
    this.sockets.add(socket);
    socket.on('error', () => {});
  }
}

/** Waits for a whole request (these tests send small ones), then answers; goes on with the next on the same connection. */
export function answer(...bytes: (string | Buffer)[]): Script {
  return onRequest((socket) => {
    for (const part of bytes) socket.write(part);
  });
}

export function onRequest(reply: (socket: Socket, request: string) => void): Script {
  return (socket) => {
    let request = '';
    socket.on('data', (chunk: Buffer) => {
      request += chunk.toString('latin1');
      const end = request.indexOf('\r\n\r\n');
      if (end < 0) return;
      const length = Number(/content-length: (\d+)/i.exec(request)?.[1] ?? 0);
      if (request.length < end + 4 + length) return;
      const whole = request;
      request = '';
      reply(socket, whole);
    });
  };
}

export function ok(body: string | Buffer, headers = ''): Buffer {
  const bytes = Buffer.from(body);
  return Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\ncontent-length: ${bytes.length}\r\n${headers}\r\n`), bytes]);
}

/** Writes again and again until the connection ends. */
export function repeat(socket: Socket, bytes: string | Buffer, everyMs: number): void {
  const timer = setInterval(() => socket.write(bytes), everyMs);
  socket.once('close', () => clearInterval(timer));
}
