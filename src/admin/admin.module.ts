import { Module } from '@nestjs/common';
import { AlertsController } from './alerts.controller.js';
import { AuditController } from './audit/audit.controller.js';
import { KeysController } from './keys/keys.controller.js';
import { OutboxController } from './outbox.controller.js';

@Module({ controllers: [AlertsController, AuditController, KeysController, OutboxController] })
export class AdminModule {}
