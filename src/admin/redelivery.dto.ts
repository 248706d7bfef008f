import { ApiProperty, ApiPropertyOptional, ApiSchema, OmitType } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayNotEmpty, IsArray, IsBoolean, IsDefined, IsInt, IsObject, IsOptional, IsUUID, Max, Min } from 'class-validator';
import type { Page } from '../platform/http/page.js';
import { BATCH_STATES, type BatchState } from '../webhooks/outbox/batch-states.js';
import type { BatchView } from '../webhooks/outbox/redelivery-batches.js';
import { OutboxQuery } from './outbox-query.dto.js';
import { OutboxRowView } from './outbox-view.dto.js';

/** A page of rows that a person has ticked, and then some. */
const MOST_IDS = 1_000;

@ApiSchema({ name: 'RedeliveryFilter', description: 'As at `GET /admin/outbox`, without `status`; all that are given must hold.' })
export class RedeliveryFilter extends OmitType(OutboxQuery, ['limit', 'cursor', 'status']) {
  @ApiPropertyOptional({
    type: String,
    format: 'uuid',
    isArray: true,
    minItems: 1,
    maxItems: MOST_IDS,
    description: 'These rows; what else is given must hold, too.',
  })
  @IsOptional()
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(MOST_IDS, { message: `ids must name at most ${MOST_IDS} rows` })
  @IsUUID(undefined, { each: true, message: 'each of ids must be the id of an outbox row' })
  ids?: string[];
}

@ApiSchema({ name: 'Redelivery' })
export class RedeliveryFields {
  @ApiProperty({ type: RedeliveryFilter, description: '`{}`: every dead row.' })
  @IsDefined({ message: 'filter must be an object; {} stands for every dead row' })
  @IsObject()
  filter: RedeliveryFilter;

  @ApiPropertyOptional({ type: Boolean, default: false, description: 'Rows that arrived are sent again as well.' })
  @IsOptional()
  @IsBoolean()
  include_delivered?: boolean | null;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: 10_000,
    nullable: true,
    description: 'Rows per second at most; null: no limit.',
  })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(10_000)
  rate_per_second?: number | null;

  @ApiPropertyOptional({ type: Boolean, default: false, description: 'Only count and show what would be sent.' })
  @IsOptional()
  @IsBoolean()
  dry_run?: boolean | null;
}

const time = { type: String, format: 'date-time' } as const;
const count = { type: 'integer', minimum: 0 } as const;

@ApiSchema({ name: 'RedeliveryBatch', description: 'A bulk redelivery and how far it is.' })
export class RedeliveryBatchView implements BatchView {
  @ApiProperty({ type: String, format: 'uuid' })
  id: string;

  @ApiProperty({ enum: BATCH_STATES })
  state: BatchState;

  @ApiProperty({ type: 'object', additionalProperties: true })
  filter: object;

  @ApiProperty({ type: Boolean })
  include_delivered: boolean;

  @ApiProperty({ type: 'integer', nullable: true })
  rate_per_second: number | null;

  @ApiProperty({ type: String, description: 'Who asked: name of the API key, or `sql:` and the database user.' })
  actor: string;

  @ApiProperty({ ...count, description: 'Rows looked at so far.' })
  scanned: number;

  @ApiProperty({ ...count, description: 'Rows sent again so far.' })
  redelivered: number;

  @ApiProperty({ ...count, description: 'Of those, the ones that wait for their endpoint.' })
  held: number;

  @ApiProperty({ ...count, description: 'Match, but cannot be sent: body removed, endpoint deleted, in another running batch.' })
  skipped: number;

  @ApiProperty(time)
  created_at: Date;

  @ApiProperty({ ...time, nullable: true })
  finished_at: Date | null;
}

@ApiSchema({ name: 'RedeliveryDryRun' })
export class RedeliveryDryRun {
  @ApiProperty({ ...count, description: 'Rows that match now.' })
  count: number;

  @ApiProperty({ type: Boolean, description: 'There are more: counting stopped at `count`.' })
  more: boolean;

  @ApiProperty({ type: OutboxRowView, isArray: true, description: 'The newest ten of them.' })
  sample: OutboxRowView[];
}

export class RedeliveryBatchPage implements Page<BatchView> {
  @ApiProperty({ type: RedeliveryBatchView, isArray: true, description: 'Newest first.' })
  items: RedeliveryBatchView[];

  @ApiProperty({ type: String, nullable: true, description: 'The `cursor` of the next page; null on the last one.' })
  next_cursor: string | null;
}
