import { newId } from '../../platform/ids.js';
import { jsonText } from '../../platform/json-text.js';
import type { Keyring } from '../../platform/secrets/keyring.js';
import { type EndpointHeaders, openHeaders } from '../delivery/endpoint-headers.js';
import { type Attempt, type SendParts, sendWebhook } from '../delivery/send-webhook.js';
import { openSigner, type Signer } from '../delivery/signing-keys.js';
import { TEST_EVENT_TYPE } from './event-types.js';
import type { EndpointRow } from './find-endpoints.js';

/** Where a test goes, and what signs it. */
export type TestTarget = Pick<
  EndpointRow,
  | 'id'
  | 'tenant'
  | 'url'
  | 'headers_secret_id'
  | 'sealed_headers'
  | 'timeout_ms'
  | 'secret_id'
  | 'sealed'
  | 'previous_secret_id'
  | 'previous_sealed'
>;

/**
 * Sends a test event the way webhooks are sent: same client, signatures, headers and time-out. Nothing of it is stored, it
 * counts for no health, and it goes to a paused or disabled endpoint too, which is when one wants to know.
 */
export async function testEndpoint(parts: SendParts, keyring: Keyring, endpoint: TestTarget): Promise<Attempt & { eventId: string }> {
  const eventId = newId();
  const attempt = await sendWebhook(parts, {
    id: null,
    eventId,
    url: endpoint.url,
    attempt: 1,
    body: testBody(eventId, endpoint.id, new Date(parts.nowMs())),
    thinBody: null,
    thin: false,
    signers: signers(keyring, endpoint),
    headers: headers(keyring, endpoint),
    timeoutMs: endpoint.timeout_ms,
    traceparent: null,
  });
  return { ...attempt, eventId };
}

function testBody(eventId: string, endpointId: string, at: Date): string {
  return jsonText({ type: TEST_EVENT_TYPE, event_id: eventId, endpoint_id: endpointId, timestamp: at.toISOString() });
}

function headers(keyring: Keyring, { tenant, headers_secret_id: id, sealed_headers: sealed }: TestTarget): EndpointHeaders {
  return id === null ? null : openHeaders(keyring, tenant, id, sealed);
}

function signers(keyring: Keyring, endpoint: TestTarget): Signer[] {
  const { tenant, secret_id, sealed, previous_secret_id, previous_sealed } = endpoint;
  const newest = openSigner(keyring, tenant, secret_id, sealed);
  return previous_secret_id === null ? [newest] : [newest, openSigner(keyring, tenant, previous_secret_id, previous_sealed)];
}
