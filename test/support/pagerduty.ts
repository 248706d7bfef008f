import type { ServerResponse } from 'node:http';
import { type Answer, Receiver } from './receiver.js';

// biome-ignore lint/suspicious/noExplicitAny: tests read what they expect
export type PagerDutyEvent = any;

/**
 * Events API v2 as documented at developer.pagerduty.com/docs/send-alert-event: what does not fit the schema is answered with 400,
 * and incidents follow their dedup_key: triggered, acknowledged, resolved.
 */
export class PagerDuty {
  readonly events: PagerDutyEvent[] = [];
  readonly refused: string[] = [];
  /** By dedup_key. */
  readonly incidents = new Map<string, 'triggered' | 'acknowledged' | 'resolved'>();

  private constructor(
    readonly url: string,
    private readonly routingKey: string,
    readonly stop: () => Promise<void>,
  ) {}

  static async start(routingKey: string): Promise<PagerDuty> {
    let pagerDuty: PagerDuty;
    const take: Answer = ({ body }, response) => pagerDuty.take(body, response);
    const receiver = await Receiver.start(take);
    pagerDuty = new PagerDuty(receiver.url('/v2/enqueue'), routingKey, () => receiver.stop());
    return pagerDuty;
  }

  private take(body: Buffer, response: ServerResponse): void {
    const event: PagerDutyEvent = JSON.parse(body.toString());
    const errors = [...misfitsOfEvent(event), ...(event.routing_key === this.routingKey ? [] : ['Invalid routing key'])];
    const answer = (status: number, said: object) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(said));
    if (errors.length > 0) {
      this.refused.push(...errors);
      answer(400, { status: 'invalid event', message: 'Event object is invalid', errors });
      return;
    }
    this.events.push(event);
    this.follow(event);
    answer(202, { status: 'success', message: 'Event processed', dedup_key: event.dedup_key });
  }

  /** An acknowledge or resolve without an open incident is taken and changes nothing. */
  private follow({ dedup_key: key, event_action: action }: PagerDutyEvent): void {
    const now = this.incidents.get(key);
    const open = now === 'triggered' || now === 'acknowledged';
    if (action === 'trigger') this.incidents.set(key, now === 'acknowledged' ? now : 'triggered');
    else if (open) this.incidents.set(key, action === 'acknowledge' ? 'acknowledged' : 'resolved');
  }
}

const SEVERITIES = ['critical', 'error', 'warning', 'info'];
const FIELDS = ['routing_key', 'event_action', 'dedup_key', 'payload', 'images', 'links', 'client', 'client_url'];
const PAYLOAD_FIELDS = ['summary', 'source', 'severity', 'timestamp', 'component', 'group', 'class', 'custom_details'];

/** What is wrong with an event, in sentences. */
export function misfitsOfEvent(event: PagerDutyEvent): string[] {
  const { event_action: action, dedup_key: key, payload, links = [] } = event;
  const wrong: [boolean, string][] = [
    [typeof event.routing_key !== 'string' || event.routing_key.length !== 32, 'routing_key has 32 characters'],
    [!['trigger', 'acknowledge', 'resolve'].includes(action), 'event_action is trigger, acknowledge or resolve'],
    [key !== undefined && (typeof key !== 'string' || key.length > 255), 'dedup_key has at most 255 characters'],
    [action !== 'trigger' && !key, 'dedup_key is needed to acknowledge or resolve'],
    [action === 'trigger' && typeof payload !== 'object', 'payload is needed to trigger'],
    ...unknownOf(event, FIELDS),
  ];
  if (action === 'trigger' && typeof payload === 'object') {
    wrong.push(
      [typeof payload.summary !== 'string' || payload.summary.length > 1_024, 'summary has at most 1024 characters'],
      [typeof payload.source !== 'string' || payload.source === '', 'source is needed'],
      [!SEVERITIES.includes(payload.severity), `severity is one of ${SEVERITIES}`],
      [payload.timestamp !== undefined && Number.isNaN(Date.parse(payload.timestamp)), 'timestamp is ISO 8601'],
      [payload.custom_details !== undefined && typeof payload.custom_details !== 'object', 'custom_details is an object'],
      ...unknownOf(payload, PAYLOAD_FIELDS),
    );
  }
  for (const { href } of links) wrong.push([!URL.canParse(href), 'links have a href']);
  return wrong.flatMap(([is, sentence]) => (is ? [sentence] : []));
}

const unknownOf = (object: object, known: string[]): [boolean, string][] =>
  Object.keys(object)
    .filter((name) => !known.includes(name))
    .map((name) => [true, `${name} is not a field`]);
