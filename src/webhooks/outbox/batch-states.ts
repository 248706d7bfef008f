/** The life of a bulk redelivery. The database's CHECK holds the same words. */
export const BATCH_STATES = ['running', 'completed', 'canceled'] as const;
export type BatchState = (typeof BATCH_STATES)[number];
