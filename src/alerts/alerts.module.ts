import { type DynamicModule, Module } from '@nestjs/common';
import { Clock } from '../platform/clock.js';
import { OperatorClient } from '../platform/egress/operator-client.js';
import { CONFIG } from '../platform/tokens.js';
import { AlertRules } from './alert-rules.js';
import { AlertSender } from './alert-sender.js';
import { configuredSinks } from './configured-sinks.js';
import { ALERT_SINKS } from './tokens.js';

@Module({})
export class AlertsModule {
  /** For processes of every role, and global: whichever is left alive must be able to say that the others are not. */
  static forAll(): DynamicModule {
    return {
      module: AlertsModule,
      global: true,
      providers: [{ provide: ALERT_SINKS, useFactory: configuredSinks, inject: [CONFIG, OperatorClient, Clock] }, AlertSender, AlertRules],
      exports: [ALERT_SINKS],
    };
  }
}
