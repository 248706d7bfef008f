import { Module } from '@nestjs/common';
import { DeliveriesController } from './deliveries.controller.js';

/** For processes that answer HTTP. */
@Module({ controllers: [DeliveriesController] })
export class OutboxModule {}
