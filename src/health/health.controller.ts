import { type BeforeApplicationShutdown, Controller, Get, type OnApplicationBootstrap } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiSchema, ApiTags } from '@nestjs/swagger';
import { Database } from '../platform/database/database.js';
import { ApiProblems } from '../platform/http/api-problems.js';
import { Public } from '../platform/http/principal.js';
import { Problem, unavailable } from '../platform/http/problem.js';

@ApiSchema({ name: 'Health' })
class HealthView {
  @ApiProperty({ enum: ['ok'] })
  status: 'ok';
}

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
  @ApiOperation({ summary: 'Whether the process answers', security: [] })
  @ApiOkResponse({ type: HealthView, description: 'It does.' })
  live(): HealthView {
    return { status: 'ok' };
  }

  /** The process can do its work: send it traffic. */
  @Get('ready')
  @ApiOperation({ summary: 'Whether the process can do its work', security: [] })
  @ApiOkResponse({ type: HealthView, description: 'Send it traffic.' })
  @ApiProblems({
    503: { not_serving: 'It is starting or shutting down.', temporarily_unavailable: 'The database cannot be reached.' },
  })
  async ready(): Promise<HealthView> {
    if (!this.serving)
      throw new Problem(503, 'not_serving', 'This process is starting or shutting down.', { headers: { 'retry-after': '2' } });
    await this.database.query('SELECT 1').catch((error) => {
      throw unavailable(error);
    });
    return { status: 'ok' };
  }
}
