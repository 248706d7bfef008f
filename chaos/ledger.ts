import type { ReceiverName } from './world/tempers.js';

/** One call of the API, and what the client was told. Times in ms since 1970. */
export interface Told {
  at: number;
  answeredAt: number;
  /** Number of the submit that it is about; null for calls about endpoints. */
  n: number | null;
  what: 'submit' | 'repeat' | 'mismatch' | 'cancel' | 'redeliver' | 'look' | 'register' | 'pause' | 'resume' | 'rotate' | 'redeliver-dead';
  /** Null: no answer came. */
  status: number | null;
  /** As it came; the error's name when no answer did. */
  text: string;
  /** Endpoint, for calls about one. */
  endpoint: string | null;
}

/** One request that a receiver got. */
export interface Received {
  at: number;
  receiver: ReceiverName;
  path: string;
  headers: Record<string, string>;
  /** The raw bytes; null when they were not read to their end. */
  body: Buffer | null;
  /** What it answered in the end: a status, or how it did not. */
  answer: number | 'reset' | 'silence' | 'gone' | null;
  answeredAt: number | null;
}

/** A fault as it happened. */
export interface Happened {
  fault: string;
  at: number;
  until: number;
  /** What came of it, in words. */
  note: string;
}

export interface Ledger {
  told: Told[];
  received: Received[];
  happened: Happened[];
}
