import { type DynamicModule, Module } from '@nestjs/common';
import { Registry } from 'prom-client';
import { Activity } from '../platform/metrics/activity.js';
import { Deliverer } from './delivery/deliverer.js';
import { DeliveryMetrics } from './delivery/delivery-metrics.js';
import { Dispatcher } from './delivery/dispatcher.js';
import { Upkeep } from './upkeep.js';

const metrics = {
  provide: DeliveryMetrics,
  useFactory: (registry: Registry, activity: Activity) => new DeliveryMetrics(registry, activity),
  inject: [Registry, Activity],
};

@Module({})
export class WebhooksModule {
  /** For processes that send webhooks. */
  static forDispatcher(): DynamicModule {
    return { module: WebhooksModule, providers: [metrics, Deliverer, Dispatcher, Upkeep] };
  }
}
