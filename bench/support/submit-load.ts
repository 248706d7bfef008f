import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { answerQuestions } from './helper.js';

export interface Load {
  url: string;
  key: string;
  connections: number;
  ms: number;
}

export type LoadQuestions = typeof questions;

/** Submits as fast as they are answered, one at a time on each connection. */
const questions = {
  /** Submits per second that were answered with 202; any other answer ends the bench. */
  async run({ url, key, connections, ms }: Load): Promise<number> {
    const { hostname, port } = new URL(url);
    const sockets = await Promise.all(Array.from({ length: connections }, () => open(hostname, Number(port))));
    const startedAt = performance.now();
    const endAt = startedAt + ms;
    const counts = await Promise.all(sockets.map((socket) => submitUntil(socket, requestTo(hostname, key), endAt)));
    const seconds = (performance.now() - startedAt) / 1_000;
    return counts.reduce((sum, count) => sum + count, 0) / seconds;
  },
};

async function open(host: string, port: number): Promise<Socket> {
  const socket = connect({ host, port, noDelay: true });
  await once(socket, 'connect');
  return socket;
}

/** Plain text over a socket: an HTTP client would take as much of the machine as what is measured. */
function requestTo(host: string, key: string): () => string {
  const body = JSON.stringify({
    payload: { document: 'contract.pdf', pages: [1, 2, 3], note: 'x'.repeat(200) },
    metadata: { order: 42 },
    webhook_url: 'http://127.0.0.1:9/my-agent-callback',
    webhook_secret: 'my-client-super-secret-key',
  });
  const head = `POST /agent/echo HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nIdempotency-Key: `;
  return () => `${head}${randomUUID()}\r\n\r\n${body}`;
}

function submitUntil(socket: Socket, request: () => string, endAt: number): Promise<number> {
  let answered = 0;
  let text = '';
  return new Promise((resolve, reject) => {
    socket.setEncoding('latin1');
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('The service closed a connection.')));
    socket.on('data', (chunk: string) => {
      text += chunk;
      const end = endOfAnswer(text);
      if (end === null) return;
      if (!text.startsWith('HTTP/1.1 202 ')) return reject(new Error(`A submit was answered with: ${text}`));
      text = text.slice(end);
      answered += 1;
      if (performance.now() < endAt) return void socket.write(request());
      socket.removeAllListeners('close').end();
      resolve(answered);
    });
    socket.write(request());
  });
}

/** Where the answer at the beginning of `text` ends; null while it is not all there. */
function endOfAnswer(text: string): number | null {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd < 0) return null;
  const length = /\r\ncontent-length: (\d+)/i.exec(text)?.[1];
  if (length === undefined) throw new Error('An answer without a length.');
  const end = headEnd + 4 + Number(length);
  return text.length < end ? null : end;
}

answerQuestions(questions);
