import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { RetryFields } from './endpoint-fields.dto.js';
import { WEBHOOK_EVENT_TYPES } from './event-types.js';
import { BREAKER_STATES, type BreakerState, ENDPOINT_STATES, type EndpointState } from './states.js';

const time = { type: String, format: 'date-time' } as const;
const timeOrNull = { ...time, nullable: true } as const;

export class EndpointHealth {
  @ApiProperty({ type: 'integer', minimum: 0, description: 'Failures that are its fault, since the last success.' })
  consecutive_failures: number;

  @ApiProperty({ type: 'integer', nullable: true, description: 'HTTP status of the last answer.' })
  last_status_code: number | null;

  @ApiProperty(timeOrNull)
  last_success_at: Date | null;

  @ApiProperty(timeOrNull)
  last_failure_at: Date | null;

  @ApiProperty({ type: 'integer', nullable: true, description: 'Moving average of the time to an answer, in ms.' })
  latency_ms: number | null;

  @ApiProperty({ ...timeOrNull, description: 'Nothing is sent before: it answered 429 or 503.' })
  slow_until: Date | null;
}

export class EndpointBreaker {
  @ApiProperty({
    enum: BREAKER_STATES,
    description: 'closed: it is sent to. open: what is for it is held. half_open: a probe is under way.',
  })
  state: BreakerState;

  @ApiProperty(timeOrNull)
  opened_at: Date | null;

  @ApiProperty({ ...timeOrNull, description: 'When the next probe may leave; null while closed.' })
  next_probe_at: Date | null;
}

export class PreviousSecret {
  @ApiProperty({ type: String, nullable: true, example: 'whsec_***k5A=' })
  secret_hint: string | null;

  @ApiProperty({ ...time, description: 'Until then it signs along.' })
  expires_at: Date;
}

@ApiSchema({ name: 'Endpoint', description: 'A registered endpoint.' })
export class EndpointView {
  @ApiProperty({ type: String, format: 'uuid', description: 'The `webhook_endpoint_id` of a submit.' })
  id: string;

  @ApiProperty({ type: String, format: 'uri' })
  url: string;

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

  @ApiProperty({ type: 'integer', nullable: true, description: "Seconds; null: the service's time-out." })
  timeout: number | null;

  @ApiProperty({ enum: ENDPOINT_STATES })
  state: EndpointState;

  @ApiProperty({ type: String, nullable: true, description: 'Why it is paused or disabled.' })
  state_reason: string | null;

  @ApiProperty(time)
  state_changed_at: Date;

  @ApiProperty({
    type: String,
    nullable: true,
    example: 'whsec_***Zm8=',
    description: 'What is shown of the secret; null when it cannot be decrypted.',
  })
  secret_hint: string | null;

  @ApiProperty({ type: PreviousSecret, nullable: true, description: 'The secret before a rotation, while it still signs along.' })
  previous_secret: PreviousSecret | null;

  @ApiProperty({ type: EndpointHealth })
  health: EndpointHealth;

  @ApiProperty({ type: EndpointBreaker })
  breaker: EndpointBreaker;

  @ApiProperty(time)
  created_at: Date;

  @ApiProperty(time)
  updated_at: Date;
}

@ApiSchema({ name: 'EndpointWithSecret' })
export class EndpointWithSecret extends EndpointView {
  @ApiPropertyOptional({ type: String, description: 'The secret that was made; shown this once. Missing when you gave one.' })
  secret?: string;
}

export class EndpointPage {
  @ApiProperty({ type: EndpointView, isArray: true, description: 'Newest first.' })
  items: EndpointView[];

  @ApiProperty({ type: String, nullable: true, description: 'The `cursor` of the next page; null on the last one.' })
  next_cursor: string | null;
}

@ApiSchema({ name: 'EndpointTest', description: 'How a test event fared.' })
export class EndpointTestView {
  @ApiProperty({ type: String, format: 'uuid', description: 'The `webhook-id` header.' })
  event_id: string;

  @ApiProperty({ type: Boolean, description: 'Answered with 2xx.' })
  delivered: boolean;

  @ApiProperty({ type: String, description: 'In the words of the attempt log.', example: 'rejected' })
  outcome: string;

  @ApiProperty({ type: 'integer', nullable: true, description: 'HTTP status, if there was an answer.' })
  status_code: number | null;

  @ApiProperty({ type: 'integer' })
  duration_ms: number;

  @ApiProperty({ type: String, nullable: true, description: 'A stable word, if there was no answer.' })
  error_code: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'What went wrong, as a sentence.' })
  error: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'The beginning of the answer, at most 16 KB.' })
  response_excerpt: string | null;
}
