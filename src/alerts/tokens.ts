/** The configured `AlertSink`s. */
export const ALERT_SINKS = Symbol('AlertSinks');
