import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, IsUUID, Matches, MaxLength } from 'class-validator';
import { type Page, PageQuery } from '../platform/http/page.js';
import { BREAKER_STATES, ENDPOINT_STATES } from '../webhooks/endpoints/states.js';
import type { DeadLetterGroup } from '../webhooks/outbox/read-dead-letters.js';
import { DEAD_REASONS } from '../webhooks/outbox/states.js';

export class DeadLetterQuery extends PageQuery {
  @ApiPropertyOptional({ format: 'uuid' })
  @IsOptional()
  @IsUUID()
  endpoint_id?: string;

  @ApiPropertyOptional()
  @IsOptional()
  @IsString()
  @MaxLength(200)
  @Matches(/^[^\0]*$/, { message: 'tenant must not contain NUL' })
  tenant?: string;

  @ApiPropertyOptional({ enum: DEAD_REASONS })
  @IsOptional()
  @IsIn(DEAD_REASONS)
  dead_reason?: string;
}

const id = { type: String, format: 'uuid' } as const;
const time = { type: String, format: 'date-time' } as const;

@ApiSchema({ name: 'DeadLetterFilter' })
export class DeadLetterFilterView {
  @ApiProperty(id)
  endpoint_id: string;

  @ApiProperty({ enum: DEAD_REASONS })
  dead_reason: string;

  @ApiProperty({ type: String, description: 'Empty for rows without an error.' })
  error: string;
}

@ApiSchema({ name: 'DeadLetterGroup', description: 'Dead webhooks to one endpoint that were given up for one reason, with one error.' })
export class DeadLetterGroupView implements DeadLetterGroup {
  @ApiProperty(id)
  endpoint_id: string;

  @ApiProperty({ type: String })
  tenant: string;

  @ApiProperty({ type: String, description: 'Where the newest of them was sent.' })
  url: string;

  @ApiProperty({ enum: ENDPOINT_STATES, nullable: true, description: 'Null once it is deleted.' })
  endpoint_state: string | null;

  @ApiProperty({ enum: BREAKER_STATES, nullable: true })
  breaker: string | null;

  @ApiProperty({ enum: DEAD_REASONS })
  dead_reason: string;

  @ApiProperty({ type: String, nullable: true, description: 'The last failure in one line, the same for all of them.' })
  error: string | null;

  @ApiProperty({ type: 'integer', nullable: true, description: 'HTTP status of the last answer to the newest of them.' })
  last_status_code: number | null;

  @ApiProperty({ type: 'integer', minimum: 1 })
  count: number;

  @ApiProperty({ type: Boolean, description: 'The endpoint has more dead webhooks than were counted.' })
  more: boolean;

  @ApiProperty(time)
  oldest_dead_at: Date;

  @ApiProperty(time)
  newest_dead_at: Date;

  @ApiProperty({ ...id, description: 'The newest of them: an outbox row to look at.' })
  sample_id: string;

  @ApiProperty({ type: DeadLetterFilterView, description: 'Takes exactly this group, as the `filter` of `POST /admin/redeliveries`.' })
  filter: DeadLetterFilterView;
}

export class DeadLetterPage implements Page<DeadLetterGroupView> {
  @ApiProperty({ type: DeadLetterGroupView, isArray: true, description: 'The newest death first.' })
  items: DeadLetterGroupView[];

  @ApiProperty({ type: String, nullable: true, description: 'The `cursor` of the next page; null on the last one.' })
  next_cursor: string | null;
}
