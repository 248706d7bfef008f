import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import type { Page } from '../platform/http/page.js';
import { ATTEMPT_OUTCOMES } from '../webhooks/delivery/outcome.js';
import { RetryFields } from '../webhooks/endpoints/endpoint-fields.dto.js';
import { WEBHOOK_EVENT_TYPES } from '../webhooks/endpoints/event-types.js';
import type { EndpointAttempt } from '../webhooks/outbox/read-endpoint-attempts.js';
import { EndpointOverview } from './endpoint-health.dto.js';
import type { EndpointSettings } from './read-endpoint-settings.js';

const id = { type: String, format: 'uuid' } as const;
const time = { type: String, format: 'date-time' } as const;
const count = { type: 'integer', minimum: 0 } as const;

@ApiSchema({ name: 'EndpointLimits' })
export class EndpointLimits {
  @ApiProperty({ type: 'integer', minimum: 1, description: 'Requests at once.' })
  max_in_flight: number;

  @ApiProperty({ type: Number, description: 'Seconds one attempt may take.' })
  timeout: number;

  @ApiProperty({ ...count, description: 'Retries of a webhook from now on.' })
  retries: number;
}

@ApiSchema({ name: 'EndpointDetail', description: 'An endpoint of any tenant with its health, its settings and what is in force.' })
export class EndpointDetail extends EndpointOverview implements EndpointSettings {
  @ApiProperty({ type: String, nullable: true })
  description: string | null;

  @ApiProperty({ enum: WEBHOOK_EVENT_TYPES, isArray: true, nullable: true, description: 'Null: every one.' })
  events: string[] | null;

  @ApiProperty({
    type: 'object',
    nullable: true,
    additionalProperties: { type: 'string', enum: ['***'] },
    description: 'The names; values may be credentials and are never shown.',
  })
  headers: Record<string, string> | null;

  @ApiProperty({ type: RetryFields, nullable: true, description: "Null: the service's schedule." })
  retry: RetryFields | null;

  @ApiProperty({ type: Number, nullable: true, description: 'Null: no limit.' })
  rate_per_second: number | null;

  @ApiProperty({ type: 'integer', nullable: true, description: "Null: the service's limit." })
  max_in_flight: number | null;

  @ApiProperty({ type: Number, nullable: true, description: "Seconds; null: the service's time-out." })
  timeout: number | null;

  @ApiProperty({ ...count, description: 'Rows that are pending or being sent.' })
  waiting: number;

  @ApiProperty({ type: EndpointLimits, description: 'What is in force, its own or the service’s.' })
  limits: EndpointLimits;
}

@ApiSchema({ name: 'EndpointAttempt' })
export class EndpointAttemptView implements EndpointAttempt {
  @ApiProperty(id)
  outbox_id: string;

  @ApiProperty(id)
  task_id: string;

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

  @ApiProperty({ type: Boolean, description: 'Whether the receiver is to blame.' })
  charged: boolean;

  @ApiProperty({ type: 'integer', nullable: true })
  status_code: number | null;

  @ApiProperty({ type: String, nullable: true })
  error_code: string | null;

  @ApiProperty({ type: String, nullable: true })
  error: string | null;
}

export class EndpointAttemptList implements Page<EndpointAttempt> {
  @ApiProperty({ type: EndpointAttemptView, isArray: true, description: 'Newest first, at most a hundred.' })
  items: EndpointAttemptView[];

  @ApiProperty({ type: String, nullable: true, description: 'Null: there is one page.' })
  next_cursor: string | null;
}
