import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import type { Levels } from '../../platform/metrics/activity.js';
import { TERMINAL_STAGES, type TerminalStage } from '../../tasks/states.js';
import { type SeriesBucket, WINDOWS, type Window } from './read-series.js';

const time = { type: String, format: 'date-time' } as const;
const count = { type: 'integer', minimum: 0 } as const;
const seconds = { type: Number, nullable: true, minimum: 0 } as const;
const names = Object.keys(WINDOWS);

export class SeriesQuery {
  @ApiPropertyOptional({
    enum: names,
    default: '1h',
    description: 'How far back, in buckets of a minute, a quarter of an hour or two hours.',
  })
  @IsOptional()
  @IsIn(names)
  window: Window = '1h';
}

@ApiSchema({ name: 'StatsWaiting', description: 'Counts end at 100,000.' })
export class WaitingView implements Levels {
  @ApiProperty({ ...count, description: 'Tasks that wait for a worker, or for their next run.' })
  tasks_queued: number;

  @ApiProperty({ ...count, description: 'Webhooks that are due, on schedule or being sent.' })
  webhooks_waiting: number;

  @ApiProperty({ ...count, description: 'Webhooks whose endpoint is paused, disabled or broken.' })
  webhooks_held: number;

  @ApiProperty({ ...count, description: 'Webhooks that wait for a person.' })
  webhooks_dead: number;
}

@ApiSchema({ name: 'StatsBucket' })
export class SeriesBucketView implements SeriesBucket {
  @ApiProperty({ ...time, description: 'When it began.' })
  at: Date;

  @ApiProperty({ ...count, description: 'Attempts that were answered with 2xx.' })
  delivered: number;

  @ApiProperty({ ...count, description: 'Attempts that were not; those given back before they were sent are in neither.' })
  failed: number;

  @ApiProperty({ type: Number, nullable: true, minimum: 0, maximum: 1, description: 'The share of `delivered`; null without attempts.' })
  success_rate: number | null;

  @ApiProperty({ ...seconds, description: 'From the commit of an event to its first delivery: half were faster. Within a tenth or so.' })
  lag_p50_seconds: number | null;

  @ApiProperty({ ...seconds, description: 'Of twenty, nineteen were faster.' })
  lag_p95_seconds: number | null;

  @ApiProperty({ ...count, description: 'Webhooks given up; those of deleted endpoints are not counted.' })
  dead: number;

  @ApiProperty({
    type: 'object',
    properties: Object.fromEntries(TERMINAL_STAGES.map((stage) => [stage, count])),
    required: [...TERMINAL_STAGES],
    selfRequired: true, // `required` is taken by the properties
    description: 'Tasks that ended, by how.',
  })
  tasks: Record<TerminalStage, number>;

  @ApiProperty({
    type: WaitingView,
    nullable: true,
    description:
      'The most of each that was seen waiting, looked at every 15 seconds, or every `POSTBACK_METRICS_INTERVAL_MS` if that is longer; null where nobody looked.',
  })
  most_waiting: Levels | null;
}

@ApiSchema({ name: 'StatsSeries' })
export class SeriesView {
  @ApiProperty({ enum: names })
  window: Window;

  @ApiProperty({ type: 'integer', enum: Object.values(WINDOWS).map(({ bucketSeconds }) => bucketSeconds) })
  bucket_seconds: number;

  @ApiProperty({ ...time, description: 'Beginning of the first bucket.' })
  from: Date;

  @ApiProperty({ ...time, description: 'End of the last one, which is still filling.' })
  to: Date;

  @ApiProperty({ type: SeriesBucketView, isArray: true, description: 'Oldest first, without gaps.' })
  buckets: SeriesBucket[];
}
