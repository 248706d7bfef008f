import type { OperatorClient } from '../../platform/egress/operator-client.js';
import type { AlertNotice, AlertSink, SinkAnswer } from '../sink.js';
import { post } from './post.js';

const ACTIONS = { raised: 'trigger', acknowledged: 'acknowledge', resolved: 'resolve' } as const;

/** PagerDuty's Events API v2: developer.pagerduty.com/docs/send-alert-event. */
export class PagerDutySink implements AlertSink {
  readonly name = 'pagerduty';
  readonly secrets: readonly string[];

  constructor(
    private readonly client: OperatorClient,
    private readonly url: string,
    private readonly routingKey: string,
    /** Where the trouble is: the public address of this service. */
    private readonly source: string,
  ) {
    this.secrets = [routingKey];
  }

  send(notice: AlertNotice): Promise<SinkAnswer> {
    const event = { routing_key: this.routingKey, ...pagerDutyEvent(notice, this.source) };
    return post(this.client, 'PagerDuty', this.url, JSON.stringify(event));
  }
}

/** All but the key. One incident per alert: raised again after its resolution, it is another one. */
export function pagerDutyEvent(notice: AlertNotice, source: string): object {
  const event = { event_action: ACTIONS[notice.event], dedup_key: notice.alertId };
  if (notice.event !== 'raised') return event;
  return {
    ...event,
    payload: {
      summary: notice.title.slice(0, 1_024),
      source,
      severity: notice.severity,
      timestamp: notice.raisedAt.toISOString(),
      component: 'postback',
      class: notice.kind,
      custom_details: { ...notice.detail, what_to_do: notice.runbook },
    },
    client: 'Postback',
    links: /^https?:/.test(notice.runbook) ? [{ href: notice.runbook, text: 'What to do' }] : [],
  };
}
