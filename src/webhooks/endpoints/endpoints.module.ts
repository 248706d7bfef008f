import { Module } from '@nestjs/common';
import { EndpointActionsController } from './endpoint-actions.controller.js';
import { EndpointsController } from './endpoints.controller.js';

/** For processes that answer HTTP. */
@Module({ controllers: [EndpointsController, EndpointActionsController] })
export class EndpointsModule {}
