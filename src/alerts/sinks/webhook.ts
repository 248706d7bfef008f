import { Webhook } from 'standardwebhooks';
import type { Clock } from '../../platform/clock.js';
import type { OperatorClient } from '../../platform/egress/operator-client.js';
import type { AlertNotice, AlertSink, SinkAnswer } from '../sink.js';
import { secretsOfUrl } from './hide-secrets.js';
import { post } from './post.js';

/** Anything that takes JSON, with the headers of Standard Webhooks 1.0 (standardwebhooks.com). */
export class WebhookSink implements AlertSink {
  readonly name = 'webhook';
  readonly secrets: readonly string[];
  private readonly signer: Webhook | null;

  constructor(
    private readonly client: OperatorClient,
    private readonly clock: Clock,
    private readonly url: string,
    secret: string | null,
  ) {
    this.secrets = [...secretsOfUrl(url), ...(secret === null ? [] : [secret])];
    this.signer = secret === null ? null : signerOf(secret);
  }

  send(notice: AlertNotice): Promise<SinkAnswer> {
    const body = JSON.stringify(alertBody(notice));
    const sentAt = new Date(this.clock.now());
    return post(this.client, 'The webhook', this.url, body, {
      'webhook-id': notice.id, // the same on every try: dedupe on it
      'webhook-timestamp': String(Math.floor(sentAt.getTime() / 1_000)),
      ...(this.signer !== null && { 'webhook-signature': this.signer.sign(notice.id, sentAt, body) }),
    });
  }
}

/** As for the webhooks of tasks: the decoded bytes of a `whsec_` secret, else its UTF-8 bytes. */
function signerOf(secret: string): Webhook {
  return secret.startsWith('whsec_') ? new Webhook(secret) : new Webhook(new TextEncoder().encode(secret), { format: 'raw' });
}

export function alertBody(notice: AlertNotice): object {
  return {
    type: `alert.${notice.event}`,
    timestamp: (notice.resolvedAt ?? notice.acknowledgedAt ?? notice.raisedAt).toISOString(),
    data: {
      alert_id: notice.alertId,
      kind: notice.kind,
      severity: notice.severity,
      title: notice.title,
      detail: notice.detail,
      runbook: notice.runbook,
      raised_at: notice.raisedAt.toISOString(),
      acknowledged_at: notice.acknowledgedAt?.toISOString() ?? null,
      acknowledged_by: notice.acknowledgedBy,
      resolved_at: notice.resolvedAt?.toISOString() ?? null,
    },
  };
}
