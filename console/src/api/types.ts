/** The shapes of docs/contract.md that the page reads. */

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

export interface Session {
  key_id: string;
  name: string;
  tenant: string;
  scopes: string[];
  expires_at: string;
}

export interface Stats {
  outbox: Partial<Record<OutboxStatus, number>>;
  dead_reasons: Record<string, number>;
  due_webhooks: number;
  oldest_due_seconds: number | null;
  oldest_held_seconds: number | null;
  tasks: Partial<Record<string, number>>;
  queued_ready: number;
  oldest_queued_seconds: number | null;
  endpoints: Partial<Record<'paused' | 'disabled' | 'breaker_open', number>>;
  processes: Record<string, number>;
  open_alerts: number;
  running_redeliveries: number;
}

export const WINDOWS = ['1h', '24h', '7d'] as const;
export type Window = (typeof WINDOWS)[number];

export interface Bucket {
  at: string;
  delivered: number;
  failed: number;
  success_rate: number | null;
  lag_p50_seconds: number | null;
  lag_p95_seconds: number | null;
  dead: number;
  tasks: Record<'completed' | 'failed' | 'error' | 'canceled' | 'expired', number>;
  waiting?: number | null;
  dead_waiting?: number | null;
  queued?: number | null;
}

export interface Series {
  window: Window;
  bucket_seconds: number;
  from: string;
  to: string;
  buckets: Bucket[];
}

export interface ServiceProcess {
  id: string;
  roles: string[];
  version: string;
  host: string;
  pid: number;
  started_at: string;
  heartbeat_at: string;
  alive: boolean;
}

export const OUTBOX_STATUSES = ['pending', 'delivering', 'delivered', 'held', 'dead'] as const;
export type OutboxStatus = (typeof OUTBOX_STATUSES)[number];

export const DEAD_REASONS = [
  'exhausted',
  'gone',
  'blocked_target',
  'payload_rejected',
  'endpoint_deleted',
  'undeliverable',
  'crash_loop',
  'held_too_long',
] as const;

export const EVENT_TYPES = ['task.completed', 'task.failed', 'task.error', 'task.canceled', 'task.expired'] as const;

export interface OutboxRow {
  id: string;
  event_id: string;
  event_type: string;
  endpoint_id: string;
  tenant: string;
  task_id: string;
  url: string;
  status: OutboxStatus;
  attempts: number;
  attempts_charged: number;
  max_attempts: number;
  next_attempt_at: string | null;
  lease_expires_at: string | null;
  last_status_code: number | null;
  last_error: string | null;
  dead_reason: string | null;
  created_at: string;
  delivered_at: string | null;
  dead_at: string | null;
}

export interface Attempt {
  attempt: number;
  trigger: string;
  started_at: string;
  duration_ms: number | null;
  outcome: string;
  charged: boolean;
  status_code: number | null;
  error_code: string | null;
  error: string | null;
  response_excerpt: string | null;
  request?: { method: string; headers: Record<string, string> } | null;
}

export interface Delivery extends OutboxRow {
  body: string | null;
  attempt_log: Attempt[];
  schedule?: { attempt_charged: number; not_before: string }[];
  signature?: { valid: boolean; secrets: number; secret_hint: string | null; problem: string | null };
}

export interface DeadGroup {
  endpoint_id: string;
  tenant: string;
  url: string;
  endpoint_state: string | null;
  breaker: string | null;
  dead_reason: string;
  error: string | null;
  last_status_code: number | null;
  count: number;
  more: boolean;
  oldest_dead_at: string;
  newest_dead_at: string;
  sample_id: string;
  filter: RedeliveryFilter;
}

export type RedeliveryFilter = { [name: string]: string | number | string[] | undefined };

export interface DryRun {
  count: number;
  more: boolean;
  sample: OutboxRow[];
}

export interface Batch {
  id: string;
  state: 'running' | 'completed' | 'canceled';
  filter: RedeliveryFilter;
  include_delivered: boolean;
  rate_per_second: number | null;
  actor: string;
  scanned: number;
  redelivered: number;
  held: number;
  skipped: number;
  created_at: string;
  finished_at: string | null;
  total?: number | null;
}

export interface Endpoint {
  id: string;
  tenant: string;
  kind: 'ad_hoc' | 'registered';
  url: string;
  state: 'active' | 'paused' | 'disabled';
  state_reason: string | null;
  state_changed_at: string;
  breaker: 'closed' | 'open' | 'half_open';
  breaker_opened_at: string | null;
  next_probe_at: string | null;
  consecutive_failures: number;
  last_status_code: number | null;
  last_success_at: string | null;
  last_failure_at: string | null;
  latency_ms: number | null;
  slow_until: string | null;
  held: number;
  dead: number;
  created_at: string;
}

export interface EndpointDetail extends Endpoint {
  description?: string | null;
  events?: string[] | null;
  headers?: Record<string, string> | null;
  retry?: Record<string, unknown> | null;
  rate_per_second?: number | null;
  max_in_flight?: number | null;
  timeout?: number | null;
  waiting?: number;
  limits?: { max_in_flight: number; timeout: number; retries: number };
}

export interface EndpointAttempt extends Omit<Attempt, 'response_excerpt' | 'request'> {
  outbox_id: string;
  task_id: string;
}

export interface TestOutcome {
  event_id: string;
  delivered: boolean;
  outcome: string;
  status_code: number | null;
  duration_ms: number | null;
  error_code: string | null;
  error: string | null;
  response_excerpt: string | null;
}

export const TASK_STATUSES = ['processing', 'completed', 'failed', 'error', 'canceled', 'expired'] as const;

export interface Progress {
  fraction: number | null;
  message: string | null;
  data: unknown;
}

export interface TaskSummary {
  task_id: string;
  tenant: string;
  type: string;
  status: string;
  stage: string;
  progress: Progress | null;
  error: { code: string; message: string } | null;
  metadata: unknown;
  runs: number;
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
  retried_from: string | null;
}

export interface Task extends TaskSummary {
  result: unknown;
  delivery: { status: string; attempts: number } | null;
  input: unknown;
  interruptions: number;
  next_run_at: string | null;
  run_deadline_at: string | null;
  expires_at: string | null;
  timeout: number;
  worker: { id: string; host: string | null; pid: number | null; alive: boolean } | null;
  webhook: { url: string | null; endpoint_ids: string[]; events: string[] | null };
  steps: { name: string; duration_ms?: number; created_at: string; result_excerpt?: string }[];
}

export interface TaskEvent {
  seq: number;
  type: string;
  data: unknown;
  created_at: string;
}

export interface Alert {
  id: string;
  kind: string;
  state: 'open' | 'acknowledged' | 'resolved';
  severity: string;
  title: string;
  detail: Record<string, unknown> | null;
  runbook: string;
  tenant: string | null;
  endpoint_id: string | null;
  outbox_id: string | null;
  task_id: string | null;
  occurrences: number;
  raised_at: string;
  last_raised_at: string;
  acknowledged_at: string | null;
  acknowledged_by: string | null;
  resolved_at: string | null;
  notices: { sink: string; event: string; status: string; attempts: number; last_error: string | null; sent_at: string | null }[];
}

export const SCOPES = ['submit', 'read', 'admin'] as const;

export interface ApiKey {
  id: string;
  tenant: string;
  name: string;
  scopes: string[];
  created_at: string;
  expires_at: string | null;
  revoked_at: string | null;
  last_used_at: string | null;
  replaces: string | null;
  key?: string;
}

export interface AuditEntry {
  id: string;
  created_at: string;
  actor: string;
  key_id: string | null;
  ip: string | null;
  request_id: string | null;
  action: string;
  target_type: string;
  target_id: string;
  tenant: string | null;
  before: unknown;
  after: unknown;
}

export interface Found {
  kind: 'task' | 'event' | 'outbox' | 'endpoint' | 'redelivery' | 'alert' | 'key' | 'process';
  id: string;
  tenant: string | null;
  title: string;
  state: string | null;
  created_at: string;
  task_id: string | null;
}
