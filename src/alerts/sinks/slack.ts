import type { OperatorClient } from '../../platform/egress/operator-client.js';
import type { AlertNotice, AlertSink, SinkAnswer } from '../sink.js';
import { facts, headline } from './headline.js';
import { secretsOfUrl } from './hide-secrets.js';
import { post } from './post.js';

/** Slack's incoming webhook: docs.slack.dev/messaging/sending-messages-using-incoming-webhooks. */
export class SlackSink implements AlertSink {
  readonly name = 'slack';
  readonly secrets: readonly string[];

  constructor(
    private readonly client: OperatorClient,
    private readonly url: string,
  ) {
    this.secrets = secretsOfUrl(url);
  }

  send(notice: AlertNotice): Promise<SinkAnswer> {
    return post(this.client, 'Slack', this.url, JSON.stringify(slackMessage(notice)));
  }
}

export function slackMessage(notice: AlertNotice): object {
  const text = `${markOf(notice)} ${escapeText(headline(notice))}`;
  const lines = facts(notice).map(([name, value]) => `*${name}*: ${escapeText(value)}`);
  return { text, blocks: [section(text), ...(lines.length > 0 ? [section(lines.join('\n'))] : []), section(link(notice.runbook))] };
}

function markOf({ event, severity }: AlertNotice): string {
  if (event === 'resolved') return ':white_check_mark:';
  if (event === 'acknowledged') return ':eyes:';
  return severity === 'critical' ? ':rotating_light:' : ':warning:';
}

/** A block of text holds 3000 characters at most. */
const section = (text: string) => ({ type: 'section', text: { type: 'mrkdwn', text: text.slice(0, 3_000) } });

const link = (runbook: string) => (/^https?:/.test(runbook) ? `<${runbook}|What to do>` : `What to do: ${escapeText(runbook)}`);

/** Slack's control characters; a receiver's error text must not mention @channel. */
const escapeText = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
