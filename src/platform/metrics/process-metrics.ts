import { collectDefaultMetrics, Registry } from 'prom-client';

let registry: Registry | null = null;

/**
 * Event-loop delay, CPU, memory and garbage collection, under the names that every Node process exports. They belong to the process,
 * not to a service in it, and measuring them costs a little: it begins with the first one who asks.
 */
export function processMetrics(): Registry {
  if (registry === null) {
    registry = new Registry();
    collectDefaultMetrics({ register: registry });
  }
  return registry;
}
