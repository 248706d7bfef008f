import type { OperatorClient } from '../../platform/egress/operator-client.js';
import type { AlertNotice, AlertSink } from '../sink.js';

/** Slack's incoming webhook: api.slack.com/messaging/webhooks. */
export class SlackSink implements AlertSink {
  readonly name = 'slack';

  constructor(
    private readonly client: OperatorClient,
    private readonly url: string,
  ) {}

  async send(notice: AlertNotice): Promise<void> {
    const answer = await this.client.postJson(this.url, slackMessage(notice), { timeoutMs: 10_000 });
    if (answer.kind === 'failure') throw new Error(answer.message);
    if (answer.status < 200 || answer.status > 299) throw new Error(`Slack answered ${answer.status}: ${answer.text.slice(0, 200)}`);
  }
}

export function slackMessage({ event, title, severity, detail }: AlertNotice): object {
  const mark = event === 'resolved' ? ':white_check_mark: Resolved:' : severity === 'critical' ? ':rotating_light:' : ':warning:';
  const facts = Object.entries(detail).flatMap(([name, value]) => (value === null ? [] : [`*${name}*: ${escapeText(String(value))}`]));
  const text = `${mark} ${escapeText(title)}`;
  return { text, blocks: [section(text), ...(facts.length > 0 ? [section(facts.join('\n'))] : [])] };
}

const section = (text: string) => ({ type: 'section', text: { type: 'mrkdwn', text: text.slice(0, 3_000) } });

/** Slack's control characters; a receiver's error text must not mention @channel. */
const escapeText = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
