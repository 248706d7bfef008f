import { type DynamicModule, Module } from '@nestjs/common';
import { Exposition } from './exposition.js';
import { MetricsController } from './metrics.controller.js';
import { MetricsListener } from './metrics-listener.js';
import { SampleLevels } from './sample-levels.js';

@Module({})
export class MetricsModule {
  /** @param api whether this process answers HTTP; the port of `POSTBACK_METRICS_PORT` is for all */
  static forRoles({ api }: { api: boolean }): DynamicModule {
    return {
      module: MetricsModule,
      controllers: api ? [MetricsController] : [],
      providers: [Exposition, MetricsListener, ...(api ? [SampleLevels] : [])],
    };
  }
}
