/** The work's outcome, or the signal's reason if that comes first. The work itself is ended by `onAbort`, or goes on unheard. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal, onAbort?: () => void): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => {
    onAbort?.();
    aborted.reject(signal.reason);
  };
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  try {
    return await Promise.race([aborted.promise, work]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
