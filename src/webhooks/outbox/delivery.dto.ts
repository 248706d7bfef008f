import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { IsOptional, IsUUID } from 'class-validator';
import { ATTEMPT_OUTCOMES } from '../delivery/outcome.js';
import { DEAD_REASONS, OUTBOX_STATUSES } from './states.js';

const id = { type: String, format: 'uuid' } as const;
const time = { type: String, format: 'date-time' } as const;
const count = { type: 'integer', minimum: 0 } as const;

@ApiSchema({ name: 'DeliveryAttempt', description: 'One HTTP try of a webhook.' })
export class DeliveryAttempt {
  @ApiProperty({ type: 'integer', minimum: 1, description: 'The `webhook-attempt` header.' })
  attempt: number;

  @ApiProperty({ enum: ['schedule', 'manual', 'bulk'], description: 'What it was due to.' })
  trigger: string;

  @ApiProperty(time)
  started_at: Date;

  @ApiProperty({ type: 'integer', nullable: true, description: 'Null when its end was never observed.' })
  duration_ms: number | null;

  @ApiProperty({ enum: ATTEMPT_OUTCOMES })
  outcome: string;

  @ApiProperty({ type: 'integer', nullable: true, description: 'HTTP status, if there was an answer.' })
  status_code: number | null;

  @ApiProperty({ type: String, nullable: true, description: 'What went wrong, as a sentence.' })
  error: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'The beginning of the answer, at most 1000 characters.' })
  response_excerpt: string | null;
}

@ApiSchema({ name: 'TaskDelivery', description: 'A webhook of a task, on its way to one endpoint.' })
export class TaskDelivery {
  @ApiProperty({ ...id, description: 'The `webhook-delivery-id` header.' })
  id: string;

  @ApiProperty({ ...id, description: 'The `webhook-id` header; the same over retries and redelivery.' })
  event_id: string;

  @ApiProperty({ type: String, example: 'task.completed' })
  event_type: string;

  @ApiProperty(id)
  endpoint_id: string;

  @ApiProperty({ type: String, description: 'Where it is sent.' })
  url: string;

  @ApiProperty({ enum: OUTBOX_STATUSES })
  status: string;

  @ApiProperty({ ...count, description: 'Tries so far.' })
  attempts: number;

  @ApiProperty({ ...time, nullable: true, description: 'When it is tried again; null unless `pending`.' })
  next_attempt_at: Date | null;

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

  @ApiProperty({ type: DeliveryAttempt, isArray: true, description: 'The last 20, by ascending `attempt`.' })
  attempt_log: DeliveryAttempt[];
}

export class TaskDeliveryList {
  @ApiProperty({ type: TaskDelivery, isArray: true, description: 'One per endpoint that is told.' })
  items: TaskDelivery[];

  @ApiProperty({ type: String, nullable: true, description: 'Always null: there is one page.' })
  next_cursor: null;
}

export class RedeliverFields {
  @ApiPropertyOptional({ ...id, description: 'One of the deliveries; left out: all of them.' })
  @IsOptional()
  @IsUUID()
  delivery_id?: string;
}
