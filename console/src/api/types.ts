import type { components } from './schema';

// Under the names of the page. What they are is said by the API: `schema.d.ts` is made from its document, so a page that reads what no route
// answers does not pass `npm run check`.
type Schemas = components['schemas'];

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

export type Alert = Schemas['AlertView'];
export type ApiKey = Schemas['ApiKey'];
export type Attempt = Schemas['AttemptView'];
export type AuditEntry = Schemas['AuditEntry'];
export type Batch = Schemas['RedeliveryBatch'];
export type Bucket = Schemas['StatsBucket'];
export type DeadGroup = Schemas['DeadLetterGroup'];
export type Delivery = Schemas['OutboxDetail'];
export type DryRun = Schemas['RedeliveryDryRun'];
export type Endpoint = Schemas['EndpointOverview'];
export type EndpointAttempt = Schemas['EndpointAttempt'];
export type EndpointDetail = Schemas['EndpointDetail'];
export type Found = Schemas['Found'];
export type NewKey = Schemas['ApiKeyWithSecret'];
export type OutboxRow = Schemas['OutboxView'];
export type OutboxStatus = OutboxRow['status'];
export type Progress = Schemas['TaskProgress'];
export type RedeliveryFilter = Schemas['RedeliveryFilter'];
export type Series = Schemas['StatsSeries'];
export type ServiceProcess = Schemas['Process'];
export type Session = Schemas['ConsoleSession'];
export type Stats = Schemas['StatsView'];
export type Task = Schemas['AdminTask'];
export type TaskEvent = Schemas['TaskEventView'];
export type TaskSummary = Schemas['AdminTaskSummary'];
export type TestOutcome = Schemas['EndpointTest'];

export const WINDOWS = ['1h', '24h', '7d'] as const satisfies readonly Series['window'][];
export type Window = (typeof WINDOWS)[number];

export const OUTBOX_STATUSES = ['pending', 'delivering', 'delivered', 'held', 'dead'] as const satisfies readonly OutboxStatus[];

export const DEAD_REASONS = [
  'exhausted',
  'gone',
  'blocked_target',
  'payload_rejected',
  'endpoint_deleted',
  'undeliverable',
  'crash_loop',
  'held_too_long',
] as const satisfies readonly NonNullable<OutboxRow['dead_reason']>[];

export const EVENT_TYPES = ['task.completed', 'task.failed', 'task.error', 'task.canceled', 'task.expired'] as const;

export const TASK_STATUSES = [
  'processing',
  'completed',
  'failed',
  'error',
  'canceled',
  'expired',
] as const satisfies readonly TaskSummary['status'][];

export const TASK_STAGES = [
  'queued',
  'running',
  'canceling',
  'completed',
  'failed',
  'error',
  'canceled',
  'expired',
] as const satisfies readonly TaskSummary['stage'][];

export const SCOPES = ['submit', 'read', 'admin'] as const satisfies readonly ApiKey['scopes'][number][];
