import { Registry } from 'prom-client';
import { loadConfig } from '../../src/config/load-config.js';
import type { Database } from '../../src/platform/database/database.js';
import type { Exchange, WebhookRequest } from '../../src/platform/egress/exchange.js';
import type { WebhookClient } from '../../src/platform/egress/webhook-client.js';
import { newId } from '../../src/platform/ids.js';
import { Activity } from '../../src/platform/metrics/activity.js';
import { Deliverer } from '../../src/webhooks/delivery/deliverer.js';
import { DeliveryMetrics } from '../../src/webhooks/delivery/delivery-metrics.js';
import { Dispatcher } from '../../src/webhooks/delivery/dispatcher.js';
import type { Parts } from './parts.js';
import type { TestDatabase } from './postgres.js';
import { testEnvironment } from './service.js';

/** A dispatcher whose loop does not run: a test takes every turn itself. */
export interface Dispatching {
  dispatcher: Dispatcher;
  deliverer: Deliverer;
  /** Each answered with 200. */
  requests: WebhookRequest[];
}

/**
 * @param settings environment on top of `testEnvironment`
 * @param database what it works with, when that is not simply the one of `parts`
 */
export function openDispatching(
  parts: Parts,
  at: TestDatabase,
  settings: Record<string, string> = {},
  database: Database = parts.database,
): Dispatching {
  const config = loadConfig(testEnvironment(at, settings));
  const { logger, clock, tracer, keyring, wakeUps } = parts;
  const requests: WebhookRequest[] = [];
  const send = async (request: WebhookRequest) => {
    requests.push(request);
    return OK;
  };
  const metrics = new DeliveryMetrics(new Registry(), new Activity(parts.database));
  const deliverer = new Deliverer(
    config,
    logger,
    [],
    { send } as unknown as WebhookClient,
    clock,
    database,
    metrics,
    tracer,
    keyring,
    wakeUps,
  );
  return { dispatcher: new Dispatcher(config, logger, newId(), clock, database, deliverer, metrics, wakeUps), deliverer, requests };
}

const OK: Exchange = {
  kind: 'response',
  status: 200,
  headers: {},
  excerpt: '',
  truncated: false,
  firstByteMs: 1,
  durationMs: 1,
  reused: false,
};
