import { createHmac } from 'node:crypto';
import type { Received } from '../ledger.js';
import { type Indexed, type Rule, type Violation, violation } from './evidence.js';

/** G4 and G9: what receivers got names the event it is about, is byte for byte what is stored, and is signed in both schemes. */
export const signed: Rule = (indexed) => indexed.evidence.ledger.received.flatMap((request) => checkRequest(indexed, request));

/** How far the clock of the harness and that of a sender may be apart, in s, when nobody shifts one: a request may wait for its socket. */
const SKEW_SECONDS = 60;
const SHIFT_SECONDS = 3 * 86_400;

function checkRequest(indexed: Indexed, request: Received): Violation[] {
  const { headers, body } = request;
  const row = indexed.outbox.get(headers['webhook-delivery-id'] ?? '');
  if (row === undefined)
    return [violation('G3', `A receiver got delivery ${headers['webhook-delivery-id']}, which is not in the database.`)];
  const about = { taskId: row.task_id, n: indexed.tasks.get(row.task_id)?.metadata?.n };
  const found: Violation[] = [];
  const say = (promise: Violation['promise'], what: string) =>
    found.push(violation(promise, `${what} (delivery ${row.id}, attempt ${headers['webhook-attempt']})`, about));
  if (headers['webhook-id'] !== row.event_id)
    say('G4', `It was sent as webhook-id ${headers['webhook-id']}, and its event is ${row.event_id}.`);
  const stored = indexed.bodies.get(row.event_id);
  if (body === null || stored === undefined) return found; // the receiver did not read it
  const text = [stored.body, stored.thin_body].find((each) => each !== null && Buffer.from(each).equals(body));
  if (text === undefined) say('G9', `The receiver got ${body.length} bytes that are not those stored.`);
  checkSignatures(indexed, request, body, secretsFor(indexed, row.task_id, row.endpoint_id), say);
  found.push(...checkContents(indexed, request, row.task_id));
  return found;
}

function checkSignatures(
  _indexed: Indexed,
  { headers, at }: Received,
  body: Buffer,
  secrets: readonly string[],
  say: (promise: Violation['promise'], what: string) => void,
): void {
  const simple = headers['x-webhook-signature'];
  if (!secrets.some((secret) => createHmac('sha256', Buffer.from(secret, 'utf8')).update(body).digest('hex') === simple))
    say('G9', 'x-webhook-signature does not fit the bytes and any secret of its receiver.');
  const timestamp = headers['webhook-timestamp'] ?? '';
  const content = Buffer.concat([Buffer.from(`${headers['webhook-id']}.${timestamp}.`), body]);
  const good = new Set(secrets.map((secret) => `v1,${createHmac('sha256', standardKey(secret)).update(content).digest('base64')}`));
  const given = (headers['webhook-signature'] ?? '').split(' ');
  if (given.length > 2 || !given.every((each) => good.has(each)))
    say('G9', `webhook-signature does not fit: ${headers['webhook-signature']}`);
  const skew = Math.abs(Number(timestamp) - at / 1_000);
  if (!/^\d+$/.test(timestamp) || (skew > SKEW_SECONDS && Math.abs(skew - SHIFT_SECONDS) > SKEW_SECONDS))
    say('G9', `webhook-timestamp is ${timestamp}, and it came at ${Math.round(at / 1_000)}.`);
}

/** Standard Webhooks: the decoded bytes of a whsec_ secret, else its UTF-8 bytes. */
const standardKey = (secret: string): Buffer =>
  secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : Buffer.from(secret, 'utf8');

/** An ad-hoc URL has the secret of its submit, a registered endpoint those it was ever given. */
function secretsFor({ evidence, tasks }: Indexed, taskId: string, endpointId: string): readonly string[] {
  const registered = [...evidence.endpoints.values()].find(({ id }) => id === endpointId);
  if (registered !== undefined) return registered.secrets;
  const asked = evidence.asked.get(tasks.get(taskId)?.metadata?.n ?? -1);
  return asked === undefined ? [] : [asked.secret];
}

function checkContents(indexed: Indexed, { body }: Received, taskId: string): Violation[] {
  const task = indexed.tasks.get(taskId);
  const told = JSON.parse(body!.toString('utf8'));
  const about = { taskId, n: task?.metadata?.n };
  if (task === undefined) return [violation('G2', `A webhook tells of task ${taskId}, which is not in the database.`, about)];
  const differs: string[] = [];
  if (told.task_id !== task.id) differs.push('task_id');
  if (told.status !== task.status) differs.push(`status ${told.status}`);
  if (JSON.stringify(told.metadata) !== JSON.stringify(task.metadata)) differs.push('metadata');
  if (told.result !== undefined && JSON.stringify(told.result) !== JSON.stringify(JSON.parse(task.result ?? 'null')))
    differs.push('result');
  return differs.length === 0 ? [] : [violation('G2', `A webhook tells something else than the database: ${differs.join(', ')}.`, about)];
}
