import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino';

export type { Logger };

/** One JSON line per unit of work, on stdout unless told. */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  return pino(options(level), destination ?? stdout());
}

/** Lines that come while others are being written go out together, as one write; what is left is flushed at exit. */
function stdout(): DestinationStream {
  return pino.destination({ sync: false, maxWrite: 262_144 });
}

function options(level: string): LoggerOptions {
  return {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { err: describeError },
  };
}

/** What a log may show of an error. Not its other properties: drivers hang whole connections on theirs, with keys and statements. */
function describeError(error: unknown): object {
  if (!(error instanceof Error)) return { message: String(error) };
  const { name, message, stack, code, cause } = error as Error & { code?: unknown };
  return {
    type: name,
    message,
    ...(typeof code === 'string' && { code }),
    stack,
    ...(cause !== undefined && { cause: describeError(cause) }),
  };
}
