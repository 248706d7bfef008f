import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { ALERT_KINDS } from '../alerts/kinds.js';
import { ALERT_STATES, type AlertRow, type NoticeView } from '../alerts/read-alerts.js';
import { ALERT_SINK_NAMES } from '../alerts/sink.js';
import type { Page } from '../platform/http/page.js';

const time = { type: String, format: 'date-time' } as const;
const subject = { type: String, format: 'uuid', nullable: true } as const;

@ApiSchema({ name: 'AlertNoticeView', description: 'What one sink is told of an alert.' })
export class AlertNoticeView implements NoticeView {
  @ApiProperty({ enum: ALERT_SINK_NAMES })
  sink: string;

  @ApiProperty({ enum: ['raised', 'acknowledged', 'resolved'] })
  event: string;

  @ApiProperty({ enum: ['pending', 'sent', 'failed'] })
  status: string;

  @ApiProperty({ type: 'integer', minimum: 0 })
  attempts: number;

  @ApiProperty({ type: String, nullable: true, description: 'Why the last try failed.' })
  last_error: string | null;

  @ApiProperty({ ...time, nullable: true })
  sent_at: string | null;
}

export class AlertView implements Omit<AlertRow, 'position'> {
  @ApiProperty({ type: String, format: 'uuid' })
  id: string;

  @ApiProperty({ enum: ALERT_KINDS, description: 'Each has a paragraph in docs/running.md.' })
  kind: string;

  @ApiProperty({ enum: ALERT_STATES })
  state: AlertRow['state'];

  @ApiProperty({ enum: ['warning', 'critical'] })
  severity: string;

  @ApiProperty({ type: String })
  title: string;

  @ApiProperty({ type: 'object', additionalProperties: true, description: 'Figures and names, by kind.' })
  detail: object;

  @ApiProperty({ type: String, description: 'Where it is written what to do.' })
  runbook: string;

  @ApiProperty({ type: String, nullable: true, description: 'Whose, if one tenant’s.' })
  tenant: string | null;

  @ApiProperty(subject)
  endpoint_id: string | null;

  @ApiProperty({ ...subject, description: 'The latest row concerned.' })
  outbox_id: string | null;

  @ApiProperty({ ...subject, description: 'The latest task concerned.' })
  task_id: string | null;

  @ApiProperty({ type: 'integer', minimum: 1, description: 'How often it was raised while open.' })
  occurrences: number;

  @ApiProperty(time)
  raised_at: Date;

  @ApiProperty(time)
  last_raised_at: Date;

  @ApiProperty({ ...time, nullable: true })
  acknowledged_at: Date | null;

  @ApiProperty({ type: String, nullable: true, description: 'Name of the API key that acknowledged it.' })
  acknowledged_by: string | null;

  @ApiProperty({ ...time, nullable: true })
  resolved_at: Date | null;

  @ApiProperty({ type: AlertNoticeView, isArray: true, description: 'By time.' })
  notices: NoticeView[];
}

export class AlertPage implements Page<AlertView> {
  @ApiProperty({ type: AlertView, isArray: true, description: 'Latest first.' })
  items: AlertView[];

  @ApiProperty({ type: String, nullable: true, description: 'The `cursor` of the next page; null on the last one.' })
  next_cursor: string | null;
}

export class SinkExchangeView {
  @ApiProperty({ enum: ALERT_SINK_NAMES })
  sink: string;

  @ApiProperty({ enum: ['raised', 'resolved'], description: 'PagerDuty is told of the end as well, so that no incident stays open.' })
  event: string;

  @ApiProperty({ type: Boolean, description: 'Whether the sink took it.' })
  ok: boolean;

  @ApiProperty({ type: 'integer', nullable: true, description: 'HTTP status or SMTP reply code, if there was an answer.' })
  status_code: number | null;

  @ApiProperty({ type: String, nullable: true, description: 'The beginning of the answer, secrets hidden.' })
  answer: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'Why the sink did not take it.' })
  error: string | null;

  @ApiProperty({ type: 'integer', minimum: 0 })
  duration_ms: number;
}

export class AlertTestView {
  @ApiProperty({ type: SinkExchangeView, isArray: true })
  exchanges: SinkExchangeView[];
}
