import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Config } from '../config/config.js';
import { canonicalJson, type Json } from '../platform/canonical-json.js';
import { invalid, Problem } from '../platform/http/problem.js';
import { PublicUrl } from '../platform/http/public-url.js';
import { Keyring } from '../platform/secrets/keyring.js';
import { CONFIG } from '../platform/tokens.js';
import type { IdempotencyClaim } from './claim-idempotency-keys.js';
import type { Submitted } from './submit-tasks.js';
import { taskLinks } from './task-links.js';

/** Seconds after which a first look at a task is worth it. */
const RETRY_AFTER_SECONDS = '2';

const location = { description: 'The task.', schema: { type: 'string', format: 'uri' } };
const replayed = { description: '`true` when this is the first answer again.', schema: { type: 'string', enum: ['true'] } };
const retryAfter = { description: 'Seconds after which a first look at the task is worth it.', schema: { type: 'integer' } };

/** For the OpenAPI document. */
export const storedHeaders = { Location: location, 'Idempotency-Replayed': replayed };
export const acceptedHeaders = { ...storedHeaders, 'Retry-After': retryAfter };

/** What every way to a new task has in common: its Idempotency-Key, and the 202. */
@Injectable()
export class Acceptance {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly keyring: Keyring,
    private readonly publicUrl: PublicUrl,
  ) {}

  /** Throws a 422 when the header cannot be accepted. @param request what the key stands for, secrets included: stored is a keyed HMAC of it */
  claim(tenant: string, key: string | undefined, request: Json): IdempotencyClaim | null {
    if (key === undefined) return null;
    if (!/^[\x21-\x7e]{1,255}$/.test(key)) {
      throw invalid([{ field: 'Idempotency-Key', detail: 'Use 1 to 255 visible ASCII characters without spaces, a UUID for example.' }]);
    }
    return {
      key,
      fingerprint: this.keyring.fingerprint('submit', tenant, canonicalJson(request)),
      ttlMs: this.config.idempotency.ttlHours * 3_600_000,
    };
  }

  /** Body of the 202. */
  body(taskId: string, message: string): string {
    return JSON.stringify({ task_id: taskId, status: 'processing', message, links: taskLinks(this.publicUrl.get(), taskId) });
  }

  /** Sets the headers of every answer about a stored task; throws what was not accepted as a problem. Returns the body of the 202. */
  head(reply: FastifyReply, submitted: Submitted): string {
    if (submitted.kind === 'refused') throw invalid(submitted.errors);
    if (submitted.kind === 'mismatch') throw idempotencyMismatch();
    void reply
      .headers({ location: taskLinks(this.publicUrl.get(), submitted.taskId).self, 'cache-control': 'no-store' })
      .headers(submitted.kind === 'replayed' ? { 'idempotency-replayed': 'true' } : {})
      .type('application/json; charset=utf-8');
    return submitted.response;
  }

  /** The 202. */
  answer(reply: FastifyReply, submitted: Submitted): void {
    const body = this.head(reply, submitted);
    void reply.status(202).header('retry-after', RETRY_AFTER_SECONDS).send(body);
  }
}

function idempotencyMismatch(): Problem {
  return new Problem(
    422,
    'idempotency_mismatch',
    'This Idempotency-Key was used before, for a different request. Use a new key for a new request.',
  );
}
