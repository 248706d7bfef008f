import type { OperatorClient } from '../../platform/egress/operator-client.js';
import type { SinkAnswer } from '../sink.js';

/** With the lease of a notice in mind: far below it. */
export const SINK_TIMEOUT_MS = 10_000;

/** POSTs JSON text; any 2xx means that it was taken. @param who for the sentence that says why it was not */
export async function post(
  client: OperatorClient,
  who: string,
  url: string,
  body: string,
  headers: Record<string, string> = {},
): Promise<SinkAnswer> {
  const answer = await client.postText(url, body, { timeoutMs: SINK_TIMEOUT_MS, headers, maxBytes: 64_000 });
  if (answer.kind === 'failure') return { ok: false, statusCode: null, text: null, error: answer.message };
  const { status, text } = answer;
  const ok = status >= 200 && status <= 299;
  return { ok, statusCode: status, text, error: ok ? null : `${who} answered ${status}: ${text}` };
}
