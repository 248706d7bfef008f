import { HttpStatus, Inject, Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Config } from '../config/config.js';
import { Database } from '../platform/database/database.js';
import { invalid } from '../platform/http/problem.js';
import { CONFIG } from '../platform/tokens.js';
import { EventStream } from './event-stream.js';
import type { EventsQuery } from './events-query.dto.js';
import type { TaskLook } from './look-at-task.js';
import { readEvents } from './read-events.js';
import { TaskWatcher } from './task-watcher.js';

/** How somebody wants to be told. */
export interface Listener {
  query: EventsQuery;
  headers: Record<string, string | undefined>;
  /** Whose streams are counted. */
  keyId: string;
}

/** Answers with what happened to a task: a page, or a stream for who accepts one. Whose task it is was looked at before. */
@Injectable()
export class EventTeller {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly database: Database,
    private readonly watcher: TaskWatcher,
  ) {}

  async tell(task: TaskLook, { query, headers, keyId }: Listener, reply: FastifyReply): Promise<void> {
    if (wantsStream(headers.accept)) this.stream(task, readLastEventId(headers['last-event-id']) ?? query.after, keyId, reply);
    else void reply.send(await readEvents(this.database, task.taskId, query));
  }

  private stream(task: TaskLook, after: number, keyId: string, reply: FastifyReply): void {
    if (task.ended && after >= task.lastSeq) return void reply.status(HttpStatus.NO_CONTENT).send();
    let stream: EventStream | null = null;
    // first, because it may be refused; nothing is taken before the next turn
    const watch = this.watcher.watch(keyId, {
      taskId: task.taskId,
      after: Math.min(after, task.lastSeq), // a number from nowhere must not hide what comes
      take: (events) => stream?.send(events) ?? false,
      close: () => stream?.end(),
    });
    const headers = Object.fromEntries(Object.entries(reply.getHeaders()).map(([name, value]) => [name, String(value)]));
    reply.hijack();
    stream = new EventStream(reply.raw, {
      headers,
      heartbeatMs: this.config.streams.heartbeatMs,
      onReady: () => watch.resume(),
      onEnd: () => watch.stop(),
    });
  }
}

const wantsStream = (accept: string | undefined) => /\btext\/event-stream\b/i.test(accept ?? '');

function readLastEventId(header: string | undefined): number | null {
  if (header === undefined || header === '') return null;
  if (/^\d{1,9}$/.test(header)) return Number(header);
  throw invalid([{ field: 'Last-Event-ID', detail: 'Send the id of an event of this stream, which is a whole number.' }]);
}
