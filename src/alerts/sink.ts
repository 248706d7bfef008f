/** What a sink tells people. */
export interface AlertNotice {
  event: 'raised' | 'resolved';
  kind: string;
  dedupKey: string;
  severity: 'warning' | 'critical';
  title: string;
  detail: { [key: string]: string | number | null };
  raisedAt: Date;
}

export type AlertSinkName = 'slack' | 'pagerduty' | 'email' | 'webhook';

/** A place where people are reached. */
export interface AlertSink {
  readonly name: AlertSinkName;
  /** Rejects when the sink did not take it; it is tried again later. */
  send(notice: AlertNotice): Promise<void>;
}
