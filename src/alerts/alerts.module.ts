import { type DynamicModule, Module } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { OperatorClient } from '../platform/egress/operator-client.js';
import { CONFIG } from '../platform/tokens.js';
import { AlertSender } from './alert-sender.js';
import type { AlertSink } from './sink.js';
import { SlackSink } from './sinks/slack.js';
import { ALERT_SINKS } from './tokens.js';

@Module({})
export class AlertsModule {
  /** For processes that send: they raise alerts and bring them to their sinks. */
  static forDispatcher(): DynamicModule {
    return {
      module: AlertsModule,
      providers: [{ provide: ALERT_SINKS, useFactory: configuredSinks, inject: [CONFIG, OperatorClient] }, AlertSender],
      exports: [ALERT_SINKS],
    };
  }
}

function configuredSinks({ alerts }: Config, client: OperatorClient): AlertSink[] {
  return alerts.slackUrl === null ? [] : [new SlackSink(client, alerts.slackUrl)];
}
