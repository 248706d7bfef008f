import { Module } from '@nestjs/common';
import { BatchRunner } from './batch-runner.js';

/** For processes that answer HTTP or send webhooks: each of them continues bulk redeliveries. */
@Module({ providers: [BatchRunner] })
export class RedeliveryModule {}
