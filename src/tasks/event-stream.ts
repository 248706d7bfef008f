import type { ServerResponse } from 'node:http';
import type { TaskEventView } from './task.dto.js';
import { endsTask } from './task-watcher.js';

/** After a broken connection, clients come back so soon, in ms. */
const RECONNECT_MS = 1_000;
/** A client that reads nothing for so long is hung up on. */
const STALL_MS = 30_000;

export interface EventStreamOptions {
  heartbeatMs: number;
  headers: Record<string, string>;
  /** What was held back can be sent now. */
  onReady(): void;
  /** Ended by us, or by the client. Called once. */
  onEnd(): void;
}

/**
 * Server-sent events (WHATWG HTML, section 9.2) over one answer: `id` is the event's `seq`, `event` its type, `data` what the JSON page shows. Holds
 * no more than what the socket has not taken yet.
 */
export class EventStream {
  private readonly heartbeat: NodeJS.Timeout;
  private stalled: NodeJS.Timeout | null = null;

  constructor(
    private readonly response: ServerResponse,
    private readonly options: EventStreamOptions,
  ) {
    response.writeHead(200, {
      ...options.headers,
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      connection: 'close', // a connection that idles behind its stream would keep a server that stops from stopping
      'x-accel-buffering': 'no', // for proxies that would rather collect than pass on
    });
    response.write(`retry: ${RECONNECT_MS}\n\n`);
    // a comment, so that nobody between takes the connection for dead, and we notice when the client is
    this.heartbeat = setInterval(() => this.stalled === null && this.write(': still here\n\n'), options.heartbeatMs);
    response.on('drain', () => this.flowsAgain());
    response.on('error', () => {}); // 'close' follows
    response.once('close', () => this.ended());
    if (response.destroyed) this.ended(); // gone while we looked for the task: there will be no 'close' any more
  }

  /** False while the client has not taken what it was sent. Ends the stream behind the terminal event. */
  send(events: readonly TaskEventView[]): boolean {
    const taken = this.write(events.map(print).join(''));
    if (endsTask(events)) this.end();
    return taken;
  }

  end(): void {
    this.response.end();
  }

  private write(text: string): boolean {
    if (this.response.writableEnded || this.response.destroyed) return false;
    const taken = this.response.write(text);
    if (!taken) this.stalled ??= setTimeout(() => this.response.destroy(), STALL_MS);
    return taken;
  }

  private flowsAgain(): void {
    this.clearStalled();
    this.options.onReady();
  }

  private ended(): void {
    clearInterval(this.heartbeat);
    this.clearStalled();
    this.options.onEnd();
  }

  private clearStalled(): void {
    if (this.stalled !== null) clearTimeout(this.stalled);
    this.stalled = null;
  }
}

/** JSON holds no line break, so one `data` line is enough. */
const print = (event: TaskEventView): string => `id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
