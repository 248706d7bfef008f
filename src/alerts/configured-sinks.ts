import type { Config } from '../config/config.js';
import type { Clock } from '../platform/clock.js';
import type { OperatorClient } from '../platform/egress/operator-client.js';
import type { AlertSink } from './sink.js';
import { EmailSink } from './sinks/email.js';
import { PagerDutySink } from './sinks/pagerduty.js';
import { SlackSink } from './sinks/slack.js';
import { WebhookSink } from './sinks/webhook.js';

/** A sink for each that config names. */
export function configuredSinks({ alerts, http }: Config, client: OperatorClient, clock: Clock): AlertSink[] {
  const { slackUrl, pagerdutyKey, pagerdutyUrl, emailFrom, emailTo, smtpUrl, webhookUrl, webhookSecret } = alerts;
  return [
    ...(slackUrl === null ? [] : [new SlackSink(client, slackUrl)]),
    ...(pagerdutyKey === null ? [] : [new PagerDutySink(client, pagerdutyUrl, pagerdutyKey, http.publicUrl)]),
    ...(emailTo.length === 0 || smtpUrl === null ? [] : [new EmailSink(client, { smtpUrl, from: emailFrom, to: emailTo })]),
    ...(webhookUrl === null ? [] : [new WebhookSink(client, clock, webhookUrl, webhookSecret)]),
  ];
}
