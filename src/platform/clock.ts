/**
 * Time and chance of this process, injected so that tests can choose both. What is stored or compared between
 * processes is the database's clock, never this one.
 */
export class Clock {
  /** Ms since 1970. */
  now(): number {
    return Date.now();
  }

  /** Ms on a clock that never jumps; for durations and deadlines within this process. */
  monotonic(): number {
    return performance.now();
  }

  /** In [0, 1). */
  random(): number {
    return Math.random();
  }
}
