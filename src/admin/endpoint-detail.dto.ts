import { ApiProperty, ApiSchema, IntersectionType, OmitType, PickType } from '@nestjs/swagger';
import type { Page } from '../platform/http/page.js';
import { EndpointView } from '../webhooks/endpoints/endpoint-view.dto.js';
import type { EndpointAttempt } from '../webhooks/outbox/read-endpoint-attempts.js';
import { EndpointOverview } from './endpoint-health.dto.js';
import { AttemptLogEntry } from './outbox-view.dto.js';
import type { EndpointSettings } from './read-endpoint-settings.js';

const id = { type: String, format: 'uuid' } as const;
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

/** As its owner sees them. */
class Settings extends PickType(EndpointView, [
  'description',
  'events',
  'headers',
  'retry',
  'rate_per_second',
  'max_in_flight',
  'timeout',
] as const) {}

@ApiSchema({ name: 'EndpointDetail', description: 'An endpoint of any tenant with its health, its settings and what is in force.' })
export class EndpointDetail extends IntersectionType(EndpointOverview, Settings) implements EndpointSettings {
  @ApiProperty({ ...count, description: 'Rows that are pending or being sent.' })
  waiting: number;

  @ApiProperty({ type: EndpointLimits, description: 'What is in force, its own or the service’s.' })
  limits: EndpointLimits;
}

@ApiSchema({ name: 'EndpointAttempt' })
export class EndpointAttemptView extends OmitType(AttemptLogEntry, ['response_excerpt', 'request'] as const) implements EndpointAttempt {
  @ApiProperty(id)
  outbox_id: string;

  @ApiProperty(id)
  task_id: string;
}

export class EndpointAttemptList implements Page<EndpointAttempt> {
  @ApiProperty({ type: EndpointAttemptView, isArray: true, description: 'Newest first, at most a hundred.' })
  items: EndpointAttemptView[];

  @ApiProperty({ type: String, nullable: true, description: 'Null: there is one page.' })
  next_cursor: string | null;
}
