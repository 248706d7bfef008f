import { type BeforeApplicationShutdown, Controller, Get, type OnApplicationBootstrap } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Database } from '../platform/database/database.js';
import { Public } from '../platform/http/principal.js';
import { Problem, unavailable } from '../platform/http/problem.js';

@ApiTags('health')
@Controller('health')
@Public()
export class HealthController implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private serving = false;

  constructor(private readonly database: Database) {}

  onApplicationBootstrap(): void {
    this.serving = true;
  }

  beforeApplicationShutdown(): void {
    this.serving = false;
  }

  /** The process answers. Says nothing about the database: restarting this process would not bring that back. */
  @Get('live')
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /** The process can do its work: send it traffic. */
  @Get('ready')
  async ready(): Promise<{ status: 'ok' }> {
    if (!this.serving)
      throw new Problem(503, 'not_serving', 'This process is starting or shutting down.', { headers: { 'retry-after': '2' } });
    await this.database.query('SELECT 1').catch((error) => {
      throw unavailable(error);
    });
    return { status: 'ok' };
  }
}
