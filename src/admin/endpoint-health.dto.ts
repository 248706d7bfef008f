import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, Matches, MaxLength } from 'class-validator';
import { type Page, PageQuery } from '../platform/http/page.js';
import type { EndpointHealthRow } from '../webhooks/endpoints/list-all-endpoints.js';
import { BREAKER_STATES, type BreakerState, ENDPOINT_STATES, type EndpointState } from '../webhooks/endpoints/states.js';

export class EndpointHealthQuery extends PageQuery {
  @ApiPropertyOptional({ enum: ENDPOINT_STATES })
  @IsOptional()
  @IsIn(ENDPOINT_STATES)
  state?: EndpointState;

  @ApiPropertyOptional({ enum: BREAKER_STATES })
  @IsOptional()
  @IsIn(BREAKER_STATES)
  breaker?: BreakerState;

  @ApiPropertyOptional()
  @IsOptional()
  @IsString()
  @MaxLength(200)
  @Matches(/^[^\0]*$/, { message: 'tenant must not contain NUL' })
  tenant?: string;
}

const time = { type: String, format: 'date-time' } as const;
const timeOrNull = { ...time, nullable: true } as const;
const count = { type: 'integer', minimum: 0 } as const;

@ApiSchema({
  name: 'EndpointOverview',
  description: 'An endpoint of any tenant, registered or made from a `webhook_url`, with its health.',
})
export class EndpointOverview implements EndpointHealthRow {
  @ApiProperty({ type: String, format: 'uuid' })
  id: string;

  @ApiProperty({ type: String })
  tenant: string;

  @ApiProperty({ enum: ['registered', 'ad_hoc'] })
  kind: 'registered' | 'ad_hoc';

  @ApiProperty({ type: String, description: 'Of an ad-hoc one without the query.' })
  url: string;

  @ApiProperty({ enum: ENDPOINT_STATES })
  state: EndpointState;

  @ApiProperty({ type: String, nullable: true })
  state_reason: string | null;

  @ApiProperty(time)
  state_changed_at: Date;

  @ApiProperty({ enum: BREAKER_STATES })
  breaker: BreakerState;

  @ApiProperty(timeOrNull)
  breaker_opened_at: Date | null;

  @ApiProperty(timeOrNull)
  next_probe_at: Date | null;

  @ApiProperty(count)
  consecutive_failures: number;

  @ApiProperty({ type: 'integer', nullable: true })
  last_status_code: number | null;

  @ApiProperty(timeOrNull)
  last_success_at: Date | null;

  @ApiProperty(timeOrNull)
  last_failure_at: Date | null;

  @ApiProperty({ type: 'integer', nullable: true })
  latency_ms: number | null;

  @ApiProperty(timeOrNull)
  slow_until: Date | null;

  @ApiProperty({ ...count, description: 'Rows that wait for it.' })
  held: number;

  @ApiProperty({ ...count, description: 'Rows that were given up.' })
  dead: number;

  @ApiProperty(time)
  created_at: Date;
}

export class EndpointOverviewPage implements Page<EndpointHealthRow> {
  @ApiProperty({ type: EndpointOverview, isArray: true, description: 'Newest first.' })
  items: EndpointOverview[];

  @ApiProperty({ type: String, nullable: true, description: 'The `cursor` of the next page; null on the last one.' })
  next_cursor: string | null;
}
