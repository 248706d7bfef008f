import type { RetryPolicy } from './retry-schedule.js';

/** An endpoint's own schedule, as stored: what it leaves out is the service's. */
export interface StoredRetryPolicy {
  base_ms?: number;
  factor?: number;
  cap_ms?: number;
  max_retries?: number;
  immediate?: boolean;
  jitter?: number;
}

export function readRetryPolicy(stored: StoredRetryPolicy | null, service: RetryPolicy): RetryPolicy {
  if (stored === null) return service;
  return {
    baseMs: stored.base_ms ?? service.baseMs,
    factor: stored.factor ?? service.factor,
    capMs: stored.cap_ms ?? service.capMs,
    maxRetries: stored.max_retries ?? service.maxRetries,
    immediate: stored.immediate ?? service.immediate,
    jitter: stored.jitter ?? service.jitter,
  };
}
