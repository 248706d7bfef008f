/** Ms since 1970, and finer than a millisecond: the one clock of the harness's own ledgers. */
export const now = (): number => performance.timeOrigin + performance.now();
