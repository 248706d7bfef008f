const FIRST_WAIT_MS = 5;
/** More of them in a row than two dispatchers at one origin get by chance. */
const MOST = 16;

/**
 * Endpoints that a claim left out. Mostly another dispatcher is claiming from their origin at this very moment; but an endpoint whose
 * row was deleted by hand is left out every time.
 */
export class PassedOver {
  /** How often in a row. */
  private readonly times = new Map<string, number>();

  /** @param longestMs no wait is longer */
  constructor(private readonly longestMs: number) {}

  /** How long this one is not asked for again, in ms; null when it is left to be found like any other, should it have due rows. */
  waitMs(endpointId: string): number | null {
    const before = this.times.get(endpointId) ?? 0;
    if (before === MOST) {
      this.times.delete(endpointId);
      return null;
    }
    this.times.set(endpointId, before + 1);
    return Math.min(FIRST_WAIT_MS * 2 ** before, this.longestMs);
  }

  /** A claim had it. */
  forget(endpointId: string): void {
    this.times.delete(endpointId);
  }
}
