import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { Database } from '../../platform/database/database.js';
import { ApiProblems } from '../../platform/http/api-problems.js';
import { Needs } from '../../platform/http/principal.js';
import { dtoPipe } from '../../platform/http/query.pipe.js';
import { readSeries, WINDOWS } from './read-series.js';
import { SeriesQuery, SeriesView } from './series.dto.js';

const counts = { type: 'object', additionalProperties: { type: 'integer' } } as const;
const seconds = { type: Number, nullable: true } as const;

export class StatsView {
  @ApiProperty({ ...counts, description: 'Outbox rows by status; delivered ones are history and not counted.' })
  outbox: Record<string, number>;

  @ApiProperty({ ...counts, description: 'Dead rows by reason.' })
  dead_reasons: Record<string, number>;

  @ApiProperty({ type: 'integer', minimum: 0, description: 'Pending rows whose time has come.' })
  due_webhooks: number;

  @ApiProperty({ ...seconds, description: 'For how long the oldest pending row has been due; null when none is.' })
  oldest_due_seconds: number | null;

  @ApiProperty({ ...seconds, description: 'For how long the oldest held row has been held.' })
  oldest_held_seconds: number | null;

  @ApiProperty({ ...counts, description: 'Tasks that have not ended, by stage.' })
  tasks: Record<string, number>;

  @ApiProperty({ type: 'integer', minimum: 0, description: 'Queued tasks whose time has come.' })
  queued_ready: number;

  @ApiProperty({ ...seconds, description: 'For how long the oldest queued task has been due.' })
  oldest_queued_seconds: number | null;

  @ApiProperty({ ...counts, description: 'Endpoints that are not sent to: paused, disabled, breaker_open.' })
  endpoints: Record<string, number>;

  @ApiProperty({ ...counts, description: 'Living processes by role.' })
  processes: Record<string, number>;

  @ApiProperty({ type: 'integer', minimum: 0, description: 'Alerts that are not resolved.' })
  open_alerts: number;

  @ApiProperty({ type: 'integer', minimum: 0 })
  running_redeliveries: number;
}

/** How the whole service is, in one look. */
@ApiTags('admin')
@Controller('admin/stats')
@Needs('admin')
export class StatsController {
  constructor(private readonly database: Database) {}

  @Get()
  @ApiOperation({ summary: 'Show how the service is: what waits, what is stuck, who lives', operationId: 'admin_stats' })
  @ApiOkResponse({ type: StatsView, description: 'As of now.' })
  async show(): Promise<StatsView> {
    const { rows } = await this.database.query<StatsView>(STATS);
    return rows[0]!;
  }

  @Get('series')
  @ApiOperation({
    operationId: 'admin_stats_series',
    summary: 'Show what happened over the last hour, day or week',
    description:
      'Counted by the processes as it happens and added up every five seconds; what a process counts right before it is killed is lost.',
  })
  @ApiOkResponse({ type: SeriesView, description: 'One bucket for each stretch of the window.' })
  @ApiProblems({ 422: { validation_failed: '`window` cannot be accepted.' } })
  async series(@Query(dtoPipe) { window }: SeriesQuery): Promise<SeriesView> {
    const buckets = await readSeries(this.database, window);
    const { bucketSeconds } = WINDOWS[window];
    const [from, last] = [buckets[0]!.at, buckets.at(-1)!.at];
    return { window, bucket_seconds: bucketSeconds, from, to: new Date(last.getTime() + bucketSeconds * 1_000), buckets };
  }
}

/** Each part reads a partial index of what is not at rest: history costs nothing. */
const STATS = `
  SELECT (SELECT json_object_agg(status, rows) FROM postback.outbox_health) AS outbox,
         (SELECT coalesce(json_object_agg(dead_reason, n), '{}') FROM (
            SELECT dead_reason, count(*) AS n FROM postback.webhook_outbox WHERE status = 'dead' GROUP BY 1) d) AS dead_reasons,
         (SELECT count(*) FROM postback.webhook_outbox WHERE status IN ('pending', 'delivering') AND next_attempt_at <= now())::int
           - (SELECT count(*) FROM postback.webhook_outbox WHERE status = 'delivering' AND next_attempt_at <= now())::int AS due_webhooks,
         (SELECT greatest(extract(epoch FROM now() - oldest), 0)::float8 FROM postback.outbox_health WHERE status = 'pending' AND oldest <= now()) AS oldest_due_seconds,
         (SELECT extract(epoch FROM now() - oldest)::float8 FROM postback.outbox_health WHERE status = 'held') AS oldest_held_seconds,
         (SELECT coalesce(json_object_agg(status, n), '{}') FROM (
            SELECT status, count(*) AS n FROM postback.tasks WHERE status IN ('queued', 'running', 'canceling') GROUP BY 1) t) AS tasks,
         (SELECT count(*)::int FROM postback.tasks WHERE status = 'queued' AND next_run_at <= now()) AS queued_ready,
         (SELECT extract(epoch FROM now() - min(next_run_at))::float8 FROM postback.tasks WHERE status = 'queued' AND next_run_at <= now()) AS oldest_queued_seconds,
         (SELECT json_build_object('paused', count(*) FILTER (WHERE state = 'paused'), 'disabled', count(*) FILTER (WHERE state = 'disabled'),
                                   'breaker_open', count(*) FILTER (WHERE breaker <> 'closed'))
            FROM postback.webhook_endpoints
           WHERE (state <> 'active' OR breaker <> 'closed' OR deleted_at IS NOT NULL) AND deleted_at IS NULL) AS endpoints,
         (SELECT coalesce(json_object_agg(role, n), '{}') FROM (
            SELECT role, count(*) AS n FROM postback.processes, unnest(roles) AS role WHERE heartbeat_at > now() - interval '1 minute' GROUP BY 1) p) AS processes,
         (SELECT count(*)::int FROM postback.alerts WHERE resolved_at IS NULL) AS open_alerts,
         (SELECT count(*)::int FROM postback.redelivery_batches WHERE state = 'running') AS running_redeliveries`;
