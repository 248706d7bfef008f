import type { Config } from '../../config/config.js';
import type { Actor } from '../../platform/audit/actor.js';
import { writeAudit } from '../../platform/audit/write-audit.js';
import type { Clock } from '../../platform/clock.js';
import type { Database } from '../../platform/database/database.js';
import type { WebhookClient } from '../../platform/egress/webhook-client.js';
import type { Keyring } from '../../platform/secrets/keyring.js';
import type { EndpointTestView } from './endpoint-view.dto.js';
import { type TestTarget, testEndpoint } from './test-endpoint.js';

export interface TestParts {
  config: Config;
  client: WebhookClient;
  clock: Clock;
  database: Database;
  keyring: Keyring;
}

/** Sends a test event for a person, and writes down that he had it sent. */
export async function testAudited(
  { config, client, clock, database, keyring }: TestParts,
  by: Actor,
  target: TestTarget,
): Promise<EndpointTestView> {
  const { timeoutMs, leaseMs } = config.delivery;
  const parts = { client, timeoutMs, signal: AbortSignal.timeout(leaseMs), nowMs: () => clock.now() };
  const { eventId, verdict, durationMs, excerpt } = await testEndpoint(parts, keyring, target);
  await database.transaction((tx) =>
    writeAudit(tx, by, {
      action: 'endpoint.test',
      targetId: target.id,
      tenant: target.tenant,
      before: null,
      after: { event_id: eventId, outcome: verdict.outcome, status_code: verdict.statusCode },
    }),
  );
  return {
    event_id: eventId,
    delivered: verdict.outcome === 'delivered',
    outcome: verdict.outcome,
    status_code: verdict.statusCode,
    duration_ms: durationMs,
    error_code: verdict.errorCode,
    error: verdict.errorMessage,
    response_excerpt: excerpt,
  };
}
