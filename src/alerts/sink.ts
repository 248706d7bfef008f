import type { AlertKind } from './kinds.js';

/** What is told of an alert. */
export type AlertEvent = 'raised' | 'acknowledged' | 'resolved';

/** What a sink tells people. */
export interface AlertNotice {
  /** The same over all tries of this notice. */
  id: string;
  event: AlertEvent;
  alertId: string;
  kind: AlertKind | 'test';
  severity: 'warning' | 'critical';
  title: string;
  detail: { [key: string]: string | number | null };
  /** Where it is written what to do: a URL, or a path within the repository. */
  runbook: string;
  raisedAt: Date;
  acknowledgedAt: Date | null;
  acknowledgedBy: string | null;
  resolvedAt: Date | null;
}

export const ALERT_SINK_NAMES = ['slack', 'pagerduty', 'email', 'webhook'] as const;
export type AlertSinkName = (typeof ALERT_SINK_NAMES)[number];

/** How a sink took a notice. */
export interface SinkAnswer {
  ok: boolean;
  /** HTTP status, or the SMTP reply code; null when there was no answer. */
  statusCode: number | null;
  /** The beginning of the answer. */
  text: string | null;
  /** Why it did not take it, in a sentence; null when it did. */
  error: string | null;
}

/** A place where people are reached. */
export interface AlertSink {
  readonly name: AlertSinkName;
  /** What must never be seen in a log, a row or an answer, though the other side may repeat it. */
  readonly secrets: readonly string[];
  /** Not taken: it is tried again later. */
  send(notice: AlertNotice): Promise<SinkAnswer>;
}
