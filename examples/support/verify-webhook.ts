import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Webhook } from 'standardwebhooks';

/** Which of the two signatures of a webhook hold. `body` is the raw request body, before any JSON parsing. */
export function verifyWebhook(secret: string, headers: IncomingHttpHeaders, body: Buffer): { simple: boolean; standard: boolean } {
  return { simple: verifySimple(secret, headers, body), standard: verifyStandard(secret, headers, body) };
}

/** `x-webhook-signature`: hex HMAC-SHA256 of the body. */
function verifySimple(secret: string, headers: IncomingHttpHeaders, body: Buffer): boolean {
  const expected = createHmac('sha256', secret).update(body).digest();
  const given = Buffer.from(String(headers['x-webhook-signature']), 'hex');
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** `webhook-signature`, by the Standard Webhooks library; it also refuses a timestamp more than five minutes off. */
function verifyStandard(secret: string, headers: IncomingHttpHeaders, body: Buffer): boolean {
  const webhook = secret.startsWith('whsec_') ? new Webhook(secret) : new Webhook(new TextEncoder().encode(secret), { format: 'raw' });
  try {
    webhook.verify(body, headers as Record<string, string>);
    return true;
  } catch {
    return false;
  }
}
