import type { AnyAgent, Json } from '../agents/agent.js';
import { RESERVED_FIELDS, runPolicy } from '../agents/registry.js';
import type { EgressRules } from '../platform/egress/rules.js';
import { checkTenantUrl } from '../platform/egress/url-rules.js';
import { type FieldProblem, invalid, Problem } from '../platform/http/problem.js';
import { validateDto } from '../platform/http/validate-dto.js';
import { type AdHocKey, adHocKey } from '../webhooks/endpoints/ad-hoc-key.js';
import { checkWebhookSecret } from '../webhooks/secret-format.js';
import type { TerminalEventType } from './states.js';
import { SubmitEnvelope } from './submit-envelope.dto.js';

/** A submit that has passed the door. */
export interface Submit {
  type: string;
  /** The agent's own fields, as sent. */
  input: { [key: string]: Json };
  metadata: { [key: string]: Json } | null;
  timeoutMs: number;
  /** Ms in the queue before the task expires; null: waits for ever. */
  expiresInMs: number | null;
  /** The ad-hoc endpoint. */
  webhook: { url: string; endpoint: AdHocKey; secret: string } | null;
  /** Registered endpoints, as named: whether they may be is not known here. */
  endpointIds: string[];
  /** Event types to send; null: every terminal one. */
  webhookEvents: TerminalEventType[] | null;
}

/** Reads the body of `POST /agent/:type`; throws a 422 that names every field that is wrong. */
export function readSubmit(body: unknown, agent: AnyAgent, rules: EgressRules): Submit {
  if (body === undefined) throw new Problem(400, 'invalid_json', 'The request body is empty; send a JSON object.');
  if (!isObject(body)) throw new Problem(422, 'validation_failed', 'The request body must be a JSON object.');
  const { envelope: envelopeFields, input } = split(body);
  const envelope = validateDto(SubmitEnvelope, envelopeFields);
  const inputErrors = validateDto<object>(agent.input, input).errors;
  const { maxTimeoutMs, timeoutMs } = runPolicy(agent);
  const { metadata, expires_in, timeout, webhook_endpoint_id, webhook_events } = envelope.value;
  // what has the wrong type is not looked at further
  const webhook = envelope.errors.length === 0 ? readWebhook(envelope.value, rules) : { value: null, errors: envelope.errors };
  const errors = [
    ...webhook.errors,
    ...inputErrors,
    ...(inputErrors.length === 0 ? checkDocumentUrls(agent, input, rules) : []),
    ...(envelope.errors.length === 0 ? checkTimeout(timeout, maxTimeoutMs) : []),
  ];
  if (errors.length > 0) throw invalid(errors);
  return {
    type: agent.type,
    input,
    metadata: metadata ?? null,
    timeoutMs: timeout ? timeout * 1000 : timeoutMs,
    expiresInMs: expires_in ? expires_in * 1000 : null,
    webhook: webhook.value,
    endpointIds: [webhook_endpoint_id ?? []].flat().map((id) => id.toLowerCase()),
    webhookEvents: webhook_events ?? null,
  };
}

type Fields = { [key: string]: Json };

const isObject = (body: unknown): body is Fields => typeof body === 'object' && body !== null && !Array.isArray(body);

function split(body: Fields): { envelope: Fields; input: Fields } {
  const reserved: readonly string[] = RESERVED_FIELDS;
  const part = (own: boolean) => Object.fromEntries(Object.entries(body).filter(([key]) => reserved.includes(key) === own));
  return { envelope: part(true), input: part(false) };
}

function readWebhook(envelope: SubmitEnvelope, rules: EgressRules): { value: Submit['webhook']; errors: FieldProblem[] } {
  const { webhook_url: url, webhook_secret: secret, webhook_endpoint_id: endpointId, webhook_events: events } = envelope;
  if (url === undefined || url === null) {
    if (secret) return refuse('webhook_url', 'Needed with webhook_secret.');
    if (events && !endpointId) return refuse('webhook_url', 'With webhook_events, name a webhook_url or a webhook_endpoint_id.');
    return { value: null, errors: [] };
  }

  const checkedUrl = checkTenantUrl(url, rules);
  const checkedSecret = secret
    ? checkWebhookSecret(secret)
    : ({ ok: false, message: 'Needed with webhook_url: the webhook is signed with it.' } as const);
  const errors = [
    ...(checkedUrl.ok ? [] : [{ field: 'webhook_url', detail: checkedUrl.message }]),
    ...(checkedSecret.ok ? [] : [{ field: 'webhook_secret', detail: checkedSecret.message }]),
  ];
  if (!checkedUrl.ok || !secret || errors.length > 0) return { value: null, errors };
  return { value: { url, endpoint: adHocKey(checkedUrl.url), secret }, errors: [] };
}

const refuse = (field: string, detail: string) => ({ value: null, errors: [{ field, detail }] });

/** At the door the caller can still correct an address; it is judged again at every connect. */
function checkDocumentUrls(agent: AnyAgent, input: Fields, rules: EgressRules): FieldProblem[] {
  return (agent.documentUrls ?? []).flatMap((field: string) => {
    const verdict = typeof input[field] === 'string' ? checkTenantUrl(input[field], rules) : null;
    return verdict === null || verdict.ok ? [] : [{ field, detail: verdict.message }];
  });
}

function checkTimeout(seconds: number | null | undefined, maxMs: number): FieldProblem[] {
  if (!seconds || seconds * 1000 <= maxMs) return [];
  return [{ field: 'timeout', detail: `At most ${Math.floor(maxMs / 1000)} seconds for this agent.` }];
}
