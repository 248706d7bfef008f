import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';

export interface Zone {
  A?: string[] | 'nxdomain' | 'servfail' | 'silent';
  AAAA?: string[] | 'nxdomain' | 'servfail' | 'silent';
  ttl?: number;
}

const rcodes = { nxdomain: 3, servfail: 2 } as const;

/** A DNS server on loopback that knows the given names; others do not exist. */
export class NameServer implements AsyncDisposable {
  readonly questions: string[] = [];

  private constructor(
    private readonly socket: Socket,
    private readonly zones: Record<string, Zone>,
  ) {}

  static async start(zones: Record<string, Zone>): Promise<NameServer> {
    const socket = createSocket('udp4');
    const server = new NameServer(socket, zones);
    socket.on('message', (query, from) => server.reply(query, from));
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return server;
  }

  get address(): string {
    return `127.0.0.1:${this.socket.address().port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.close();
    await once(this.socket, 'close');
  }

  private reply(query: Buffer, from: RemoteInfo): void {
    const { name, type, end } = readQuestion(query);
    this.questions.push(`${name} ${type}`);
    const zone = this.zones[name];
    const records = zone ? (zone[type] ?? []) : 'nxdomain';
    if (records === 'silent') return;
    const answers = typeof records === 'string' ? [] : records.map((address) => recordOf(address, type, zone?.ttl ?? 60));
    const header = Buffer.from(query.subarray(0, 12));
    header.writeUInt16BE(0x8180 | (typeof records === 'string' ? rcodes[records] : 0), 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(answers.length, 6);
    header.writeUInt32BE(0, 8);
    this.socket.send(Buffer.concat([header, query.subarray(12, end), ...answers]), from.port, from.address);
  }
}

function readQuestion(query: Buffer): { name: string; type: 'A' | 'AAAA'; end: number } {
  const labels: string[] = [];
  let at = 12;
  while (query[at]) {
    labels.push(query.toString('latin1', at + 1, at + 1 + query[at]!));
    at += 1 + query[at]!;
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1) === 1 ? 'A' : 'AAAA', end: at + 5 };
}

function recordOf(address: string, type: 'A' | 'AAAA', ttl: number): Buffer {
  const data = type === 'A' ? Buffer.from(address.split('.').map(Number)) : Buffer.from(address.replaceAll(':', ''), 'hex');
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0);
  head.writeUInt16BE(type === 'A' ? 1 : 28, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(ttl, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}
