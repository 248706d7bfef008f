import { type Logger, pino } from 'pino';

export type { Logger };

/** One JSON line per unit of work on stdout. */
export function createLogger(level: string): Logger {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } });
}
