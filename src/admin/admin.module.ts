import { Module } from '@nestjs/common';
import { AlertsController } from './alerts.controller.js';
import { OutboxController } from './outbox.controller.js';

@Module({ controllers: [OutboxController, AlertsController] })
export class AdminModule {}
