import { LEASE_SLACK_MS } from '../../config/check-config.js';
import type { Config } from '../../config/config.js';
import type { EgressRules } from '../../platform/egress/rules.js';
import { checkTenantUrl } from '../../platform/egress/url-rules.js';
import { type FieldProblem, invalid, Problem } from '../../platform/http/problem.js';
import { validateDto } from '../../platform/http/validate-dto.js';
import type { StoredRetryPolicy } from '../delivery/retry-policy.js';
import { checkWebhookSecret } from '../secret-format.js';
import {
  ChangeFields,
  DEFAULT_OVERLAP_SECONDS,
  type EndpointFields,
  PauseFields,
  RegistrationFields,
  RetryFields,
  RotationFields,
} from './endpoint-fields.dto.js';
import type { WebhookEventType } from './event-types.js';
import { checkHeaders } from './header-rules.js';

/** Where to, and the (scheme, host, port) that limits go by. */
export interface EndpointTarget {
  url: string;
  origin: string;
}

/** What an owner has set, in the words of the table; null: as the service has it. */
export interface EndpointSettings {
  description: string | null;
  events: WebhookEventType[] | null;
  headers: Record<string, string> | null;
  timeout_ms: number | null;
  retry: StoredRetryPolicy | null;
  max_in_flight: number | null;
  rate_per_second: number | null;
}

export interface Registration extends EndpointTarget {
  settings: EndpointSettings;
  /** Null: one is to be made. */
  secret: string | null;
}

/** Missing settings stay as they are. */
export interface Change {
  target: EndpointTarget | null;
  settings: Partial<EndpointSettings>;
}

/** What decides besides the request itself. */
export interface FieldRules {
  egress: EgressRules;
  config: Pick<Config, 'delivery'>;
}

/** Throws a 422 that names every field that is wrong. */
export function readRegistration(body: unknown, rules: FieldRules): Registration {
  const { value, errors } = validateDto(RegistrationFields, readObject(body));
  if (errors.length > 0) throw invalid(errors); // what has the wrong type is not looked at further
  const target = readTarget(value.url, rules);
  const settings = readSettings(value, rules);
  const found = [...target.errors, ...settings.errors, ...checkSecret(value.secret)];
  if (found.length > 0 || target.value === null) throw invalid(found);
  return { ...target.value, settings: { ...NOTHING_SET, ...settings.value }, secret: value.secret ?? null };
}

/** Throws a 422 that names every field that is wrong. */
export function readChange(body: unknown, rules: FieldRules): Change {
  const { value, errors } = validateDto(ChangeFields, readObject(body));
  if (errors.length > 0) throw invalid(errors);
  const target = value.url === undefined ? { value: null, errors: [] } : readTarget(value.url, rules);
  const settings = readSettings(value, rules);
  const found = [...target.errors, ...settings.errors];
  if (found.length > 0) throw invalid(found);
  return { target: target.value, settings: settings.value };
}

/** What a rotation asks for; throws a 422. */
export function readRotation(body: unknown): { secret: string | null; overlapSeconds: number } {
  const { value, errors } = validateDto(RotationFields, readObject(body ?? {}));
  const found = errors.length > 0 ? errors : checkSecret(value.secret);
  if (found.length > 0) throw invalid(found);
  return { secret: value.secret ?? null, overlapSeconds: value.overlap_seconds ?? DEFAULT_OVERLAP_SECONDS };
}

/** Throws a 422. */
export function readPause(body: unknown): { reason: string | null } {
  const { value, errors } = validateDto(PauseFields, readObject(body ?? {}));
  if (errors.length > 0) throw invalid(errors);
  return { reason: value.reason ?? null };
}

const NOTHING_SET: EndpointSettings = {
  description: null,
  events: null,
  headers: null,
  timeout_ms: null,
  retry: null,
  max_in_flight: null,
  rate_per_second: null,
};

function readObject(body: unknown): object {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body;
  throw new Problem(422, 'validation_failed', 'The request body must be a JSON object.');
}

function checkSecret(secret: string | null | undefined): FieldProblem[] {
  if (secret === null || secret === undefined) return [];
  const verdict = checkWebhookSecret(secret);
  return verdict.ok ? [] : [{ field: 'secret', detail: verdict.message }];
}

interface Read<T> {
  value: T;
  errors: FieldProblem[];
}

function readTarget(raw: string, { egress }: FieldRules): Read<EndpointTarget | null> {
  const verdict = checkTenantUrl(raw, egress);
  if (!verdict.ok) return { value: null, errors: [{ field: 'url', detail: verdict.message }] };
  return { value: { url: raw, origin: verdict.url.origin }, errors: [] };
}

function readSettings(fields: EndpointFields, rules: FieldRules): Read<Partial<EndpointSettings>> {
  const headers = fields.headers ? checkHeaders(fields.headers) : { value: fields.headers, errors: [] };
  const retry = fields.retry ? readRetry(fields.retry) : { value: fields.retry, errors: [] };
  const timeout = readTimeout(fields.timeout, rules.config.delivery.leaseMs);
  const settings = {
    description: fields.description,
    events: fields.events,
    headers: headers.value,
    timeout_ms: timeout.value,
    retry: retry.value,
    max_in_flight: fields.max_in_flight,
    rate_per_second: fields.rate_per_second,
  };
  const given = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
  return { value: given, errors: [...headers.errors, ...retry.errors, ...timeout.errors] };
}

/** Kept as given: what is left out follows the service's settings, also when they change. */
function readRetry(given: object): Read<StoredRetryPolicy | null> {
  const { value, errors } = validateDto(RetryFields, given);
  if (errors.length > 0) return { value: null, errors: errors.map((error) => ({ ...error, field: `retry.${error.field}` })) };
  const set = Object.entries(value).filter(([, field]) => field !== null && field !== undefined);
  return { value: set.length === 0 ? null : Object.fromEntries(set), errors: [] };
}

/** An attempt must end, and its end be written down, before the lease on its row does. */
function readTimeout(seconds: number | null | undefined, leaseMs: number): Read<number | null | undefined> {
  if (seconds === null || seconds === undefined) return { value: seconds, errors: [] };
  const most = Math.floor((leaseMs - LEASE_SLACK_MS - 1) / 1_000);
  if (seconds <= most) return { value: seconds * 1_000, errors: [] };
  return { value: null, errors: [{ field: 'timeout', detail: `At most ${Math.max(0, most)} seconds here (POSTBACK_LEASE_MS).` }] };
}
