import { hostOf } from './host-of.js';
import type { AlertKind } from './kinds.js';
import type { NewAlert } from './raise.js';
import type { BlockedEndpoint, Snapshot, Thresholds } from './snapshot.js';

type Rule = (snapshot: Snapshot, thresholds: Thresholds) => NewAlert[];

/**
 * The alerts that a snapshot calls for: pure. One alert per rule and subject; what the subject is says `dedupKey`, which holds the
 * rule's name alone where it is the service as a whole. `dead_letter` is not among them: it is raised where a row dies.
 */
export function evaluate(snapshot: Snapshot, thresholds: Thresholds): NewAlert[] {
  return rules.flatMap((rule) => rule(snapshot, thresholds));
}

const failureRate: Rule = ({ attempts: { total, failed, failingEndpoints } }, { failureRate: allowed, failureRateMinAttempts }) => {
  if (total < failureRateMinAttempts || failed / total < allowed) return [];
  const percent = Math.round((failed / total) * 100);
  return [
    alert('failure_rate', 'critical', `${percent} % of the latest webhook attempts failed`, {
      percent_failed: percent,
      attempts: total,
      failed,
      failing_endpoints: failingEndpoints,
    }),
  ];
};

const deadLetters: Rule = ({ dead: { rows, endpoints } }, { deadLetters: allowed }) =>
  rows < allowed ? [] : [alert('dead_letters', 'critical', `Dead webhooks pile up: ${rows} wait for a person`, { dead: rows, endpoints })];

const manyRetries: Rule = ({ retrying: { rows, endpoints, most, url } }, { retryAttempts, retryRows }) =>
  rows < retryRows
    ? []
    : [
        alert('many_retries', 'warning', `${rows} webhooks have failed ${retryAttempts} times or more and are close to dead`, {
          webhooks: rows,
          endpoints,
          most_attempts: most,
          host: host(url),
        }),
      ];

const failingUncharged: Rule = ({ uncharged: { rows, endpoints, most, url, error } }) =>
  rows === 0
    ? []
    : [
        alert('failing_uncharged', 'warning', `${rows} webhooks keep failing for no fault of their receivers`, {
          webhooks: rows,
          endpoints,
          most_attempts_in_a_row: most,
          host: host(url),
          last_error: error,
        }),
      ];

const oldestDue: Rule = ({ oldestDue: oldest }, { dueAgeMs }) =>
  oldest === null || oldest.ageMs < dueAgeMs
    ? []
    : [
        {
          ...alert('oldest_due', 'critical', `A webhook has been due for ${duration(oldest.ageMs)} and is not sent`, {
            age_seconds: seconds(oldest.ageMs),
            host: hostOf(oldest.url),
            endpoint_id: oldest.endpointId,
            outbox_id: oldest.outboxId,
          }),
          outboxId: oldest.outboxId,
        },
      ];

const oldestHeld: Rule = ({ held }, { heldAgeMs }) =>
  held
    .filter(({ ageMs }) => ageMs >= heldAgeMs)
    .map(({ ageMs, endpointId, tenant, url }) =>
      forEndpoint({ endpointId, tenant, url }, 'oldest_held', `Webhooks to ${hostOf(url)} have been held for ${duration(ageMs)}`, {
        age_seconds: seconds(ageMs),
      }),
    );

const queueAge: Rule = ({ oldestQueued: oldest }, { queueAgeMs }) =>
  oldest === null || oldest.ageMs < queueAgeMs
    ? []
    : [
        {
          ...alert('queue_age', 'critical', `A task has been ready to run for ${duration(oldest.ageMs)} and no worker took it`, {
            age_seconds: seconds(oldest.ageMs),
            task_type: oldest.type,
            task_id: oldest.taskId,
          }),
          taskId: oldest.taskId,
        },
      ];

const roleWithoutProcess: Rule = ({ missingRoles }, { roleMissingMs }) =>
  missingRoles
    .filter(({ missingMs }) => missingMs >= roleMissingMs)
    .map(({ role, missingMs }) => ({
      ...alert('role_without_process', 'critical', `No process with the role ${role} has been alive for ${duration(missingMs)}`, {
        role,
        missing_seconds: seconds(missingMs),
      }),
      dedupKey: `role_without_process:${role}`,
    }));

const endpointDisabled: Rule = ({ blocked }) =>
  blocked
    .filter(({ state }) => state === 'disabled')
    .map((endpoint) =>
      forEndpoint(endpoint, 'endpoint_disabled', `The endpoint at ${hostOf(endpoint.url)} is disabled; its webhooks are held`, {
        reason: endpoint.reason,
      }),
    );

const breakerOpen: Rule = ({ blocked }) =>
  blocked
    .filter(({ breaker }) => breaker !== 'closed')
    .map((endpoint) =>
      forEndpoint(endpoint, 'breaker_open', `${hostOf(endpoint.url)} fails; its webhooks are held until a probe gets through`, {
        failures_in_a_row: endpoint.failures,
      }),
    );

const rules: readonly Rule[] = [
  failureRate,
  deadLetters,
  manyRetries,
  failingUncharged,
  oldestDue,
  oldestHeld,
  queueAge,
  roleWithoutProcess,
  endpointDisabled,
  breakerOpen,
];

/** About the service as a whole. */
function alert(kind: AlertKind, severity: NewAlert['severity'], title: string, detail: NewAlert['detail']): NewAlert {
  return { kind, dedupKey: kind, severity, title, detail, tenant: null, endpointId: null, outboxId: null, taskId: null, occurrences: 1 };
}

function forEndpoint(
  { endpointId, tenant, url }: Pick<BlockedEndpoint, 'endpointId' | 'tenant' | 'url'>,
  kind: AlertKind,
  title: string,
  detail: NewAlert['detail'],
): NewAlert {
  return {
    ...alert(kind, 'warning', title, { host: hostOf(url), endpoint_id: endpointId, ...detail }),
    dedupKey: `${kind}:${endpointId}`,
    tenant,
    endpointId,
  };
}

const host = (url: string | null) => (url === null ? null : hostOf(url));
const seconds = (ms: number) => Math.round(ms / 1_000);

function duration(ms: number): string {
  if (ms < 120_000) return `${seconds(ms)} s`;
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`;
  return `${Math.round(ms / 3_600_000)} h`;
}
