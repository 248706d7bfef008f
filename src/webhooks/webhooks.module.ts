import { type DynamicModule, Module } from '@nestjs/common';
import { Dispatcher } from './delivery/dispatcher.js';
import { Upkeep } from './upkeep.js';

@Module({})
export class WebhooksModule {
  /** For processes that send webhooks. */
  static forDispatcher(): DynamicModule {
    return { module: WebhooksModule, providers: [Dispatcher, Upkeep] };
  }
}
