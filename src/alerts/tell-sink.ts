import { storableText } from '../platform/egress/excerpt.js';
import type { AlertNotice, AlertSink, SinkAnswer } from './sink.js';
import { hideSecrets } from './sinks/hide-secrets.js';

const TEXT_MAX_BYTES = 300;

/** One try. Whatever goes wrong is a value that can be stored, and shows nothing that the sink wants kept: servers repeat URLs and keys in their errors. */
export async function tellSink(sink: AlertSink, notice: AlertNotice): Promise<SinkAnswer> {
  const shown = (text: string | null) => (text === null ? null : storableText(hideSecrets(text, sink.secrets), TEXT_MAX_BYTES));
  try {
    const answer = await sink.send(notice);
    return { ...answer, text: shown(answer.text), error: shown(answer.error) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { ok: false, statusCode: null, text: null, error: shown(message) };
  }
}
