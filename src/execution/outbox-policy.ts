import type { Config } from '../config/config.js';
import type { PublicUrl } from '../platform/http/public-url.js';
import type { Keyring } from '../platform/secrets/keyring.js';
import { resultUrl } from '../tasks/result-link.js';
import type { OutboxPolicy } from '../webhooks/outbox/write-outbox.js';

const DAY_MS = 86_400_000;

/** What webhooks of ended tasks carry. A link to a result is good for as long as a delivered webhook is kept. */
export function outboxPolicy({ retry, delivery, retention }: Config, keyring: Keyring, publicUrl: PublicUrl): OutboxPolicy {
  return {
    maxAttempts: retry.maxRetries + 1,
    payloadMaxBytes: delivery.payloadMaxBytes,
    resultUrl: (taskId, from) => resultUrl(keyring, publicUrl.get(), taskId, new Date(from.getTime() + retention.deliveredDays * DAY_MS)),
  };
}
