import type { AlertSink, AlertSinkName } from '../../src/alerts/sink.js';

/** A sink that takes everything and tells nobody; for what only counts who is to be told. */
export const silentSink = (name: AlertSinkName): AlertSink => ({
  name,
  secrets: [],
  send: async () => ({ ok: true, statusCode: 200, text: '', error: null }),
});
