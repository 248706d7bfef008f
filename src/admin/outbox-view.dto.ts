import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import type { Page } from '../platform/http/page.js';
import { TERMINAL_EVENT_TYPES } from '../tasks/states.js';
import { SIGNATURE_PROBLEMS, type SignatureCheck } from '../webhooks/delivery/check-signature.js';
import { ATTEMPT_OUTCOMES } from '../webhooks/delivery/outcome.js';
import type { PlannedTry } from '../webhooks/delivery/schedule-ahead.js';
import type { AttemptView, OutboxView } from '../webhooks/outbox/read-outbox.js';
import type { RequestView } from '../webhooks/outbox/show-request.js';
import { DEAD_REASONS, OUTBOX_STATUSES } from '../webhooks/outbox/states.js';

const id = { type: String, format: 'uuid' } as const;
const time = { type: String, format: 'date-time' } as const;
const count = { type: 'integer', minimum: 0 } as const;

@ApiSchema({ name: 'OutboxView', description: 'An outbox row: one event on its way to one endpoint.' })
export class OutboxRowView implements OutboxView {
  @ApiProperty({ ...id, description: 'The `webhook-delivery-id` header.' })
  id: string;

  @ApiProperty({ ...id, description: 'The `webhook-id` header; the same over retries and redelivery.' })
  event_id: string;

  @ApiProperty({ enum: TERMINAL_EVENT_TYPES })
  event_type: string;

  @ApiProperty(id)
  endpoint_id: string;

  @ApiProperty({ type: String })
  tenant: string;

  @ApiProperty(id)
  task_id: string;

  @ApiProperty({ type: String, description: 'Where it is sent.' })
  url: string;

  @ApiProperty({ enum: OUTBOX_STATUSES })
  status: string;

  @ApiProperty({ ...count, description: 'Tries so far, never taken back; the `webhook-attempt` header.' })
  attempts: number;

  @ApiProperty({ ...count, description: 'Tries the receiver is to blame for, since the last redelivery.' })
  attempts_charged: number;

  @ApiProperty({ ...count, description: 'Dead (`exhausted`) when `attempts_charged` reaches it.' })
  max_attempts: number;

  @ApiProperty({ ...time, nullable: true, description: 'Null unless `pending`.' })
  next_attempt_at: Date | null;

  @ApiProperty({ ...time, nullable: true, description: 'Null unless `delivering`: when another dispatcher may take over.' })
  lease_expires_at: Date | null;

  @ApiProperty({ type: 'integer', nullable: true, description: 'HTTP status of the last answer.' })
  last_status_code: number | null;

  @ApiProperty({ type: String, nullable: true })
  last_error: string | null;

  @ApiProperty({ enum: DEAD_REASONS, nullable: true })
  dead_reason: string | null;

  @ApiProperty(time)
  created_at: Date;

  @ApiProperty({ ...time, nullable: true, description: 'The first 2xx.' })
  delivered_at: Date | null;

  @ApiProperty({ ...time, nullable: true })
  dead_at: Date | null;
}

export class OutboxPage implements Page<OutboxView> {
  @ApiProperty({ type: OutboxRowView, isArray: true, description: 'Newest first.' })
  items: OutboxRowView[];

  @ApiProperty({ type: String, nullable: true, description: 'The `cursor` of the next page; null on the last one.' })
  next_cursor: string | null;
}

@ApiSchema({ name: 'AttemptRequest' })
export class AttemptRequestView implements RequestView {
  @ApiProperty({ enum: ['POST'] })
  method: 'POST';

  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'string' },
    description: 'As sent; signatures and the values of own headers are `***`.',
  })
  headers: Record<string, string>;
}

@ApiSchema({ name: 'AttemptView', description: 'One HTTP try of an outbox row.' })
export class AttemptLogEntry implements AttemptView {
  @ApiProperty({ type: 'integer', minimum: 1 })
  attempt: number;

  @ApiProperty({ enum: ['schedule', 'manual', 'bulk'], description: 'What it was due to.' })
  trigger: string;

  @ApiProperty(time)
  started_at: Date;

  @ApiProperty({ type: 'integer', nullable: true, description: 'Null when its end was never observed.' })
  duration_ms: number | null;

  @ApiProperty({ enum: ATTEMPT_OUTCOMES })
  outcome: string;

  @ApiProperty({ type: Boolean, description: 'Whether it counts in `attempts_charged`.' })
  charged: boolean;

  @ApiProperty({ type: 'integer', nullable: true, description: 'HTTP status, if there was an answer.' })
  status_code: number | null;

  @ApiProperty({ type: String, nullable: true, description: 'A stable word, if there was no answer.' })
  error_code: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'What went wrong, as a sentence.' })
  error: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'The beginning of the answer, at most 16 KB.' })
  response_excerpt: string | null;

  @ApiProperty({ type: AttemptRequestView, nullable: true, description: 'Null when nothing left, or nobody saw it.' })
  request: AttemptRequestView | null;
}

@ApiSchema({ name: 'PlannedTry' })
export class PlannedTryView implements PlannedTry {
  @ApiProperty({
    type: 'integer',
    minimum: 1,
    description: 'Which of the charged attempts it would be; at `max_attempts` the row is exhausted.',
  })
  attempt_charged: number;

  @ApiProperty(time)
  not_before: Date;
}

@ApiSchema({ name: 'SignatureCheck' })
export class SignatureCheckView implements SignatureCheck {
  @ApiProperty({ type: Boolean, description: 'A receiver that has the secret accepts the body, in both schemes.' })
  valid: boolean;

  @ApiProperty({ ...count, description: 'Secrets that sign it: two during a rotation.' })
  secrets: number;

  @ApiProperty({ type: String, nullable: true, description: 'What may be shown of the newest: at most its last four characters.' })
  secret_hint: string | null;

  @ApiProperty({ enum: SIGNATURE_PROBLEMS, nullable: true, description: 'Why it cannot be signed.' })
  problem: SignatureCheck['problem'];
}

export class OutboxDetail extends OutboxRowView {
  @ApiProperty({ type: String, nullable: true, description: 'The exact text that is signed and sent; null once purged.' })
  body: string | null;

  @ApiProperty({ type: AttemptLogEntry, isArray: true, description: 'The newest 100, by ascending `attempt`.' })
  attempt_log: AttemptView[];

  @ApiProperty({
    type: PlannedTryView,
    isArray: true,
    description: 'The tries ahead, as if each failed at once: they come then or later. None unless `pending` or `delivering`.',
  })
  schedule: PlannedTry[];

  @ApiProperty({ type: SignatureCheckView, description: 'Computed for this answer, from the stored body and the stored secret.' })
  signature: SignatureCheck;
}
