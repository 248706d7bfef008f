import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiSchema, ApiTags } from '@nestjs/swagger';
import type { Config } from '../../config/config.js';
import { Database } from '../../platform/database/database.js';
import type { Page } from '../../platform/http/page.js';
import { Needs } from '../../platform/http/principal.js';
import { CONFIG } from '../../platform/tokens.js';

const time = { type: String, format: 'date-time' } as const;

@ApiSchema({ name: 'Process' })
export class ProcessView {
  @ApiProperty({ type: String, format: 'uuid' })
  id: string;

  @ApiProperty({ enum: ['api', 'worker', 'dispatcher'], isArray: true })
  roles: string[];

  @ApiProperty({ type: String })
  version: string;

  @ApiProperty({ type: String })
  host: string;

  @ApiProperty({ type: 'integer' })
  pid: number;

  @ApiProperty(time)
  started_at: Date;

  @ApiProperty({ ...time, description: 'Last sign of life.' })
  heartbeat_at: Date;

  @ApiProperty({ type: Boolean, description: 'It gave one within `POSTBACK_PROCESS_LOST_MS`.' })
  alive: boolean;
}

export class ProcessList implements Page<ProcessView> {
  @ApiProperty({ type: ProcessView, isArray: true, description: 'The oldest first; one that stopped in good order is not among them.' })
  items: ProcessView[];

  @ApiProperty({ type: String, nullable: true, description: 'Null: they are on one page.' })
  next_cursor: string | null;
}

/** Who does the work. */
@ApiTags('admin')
@Controller('admin/processes')
@Needs('admin')
export class ProcessesController {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly database: Database,
  ) {}

  @Get()
  @ApiOperation({ summary: 'List the processes of the service and their roles' })
  @ApiOkResponse({ type: ProcessList, description: 'All of them.' })
  async list(): Promise<Page<ProcessView>> {
    const { rows } = await this.database.query<ProcessView>(
      `SELECT id, roles, version, host, pid, started_at, heartbeat_at, heartbeat_at > now() - $1 * interval '1 ms' AS alive
         FROM postback.processes ORDER BY started_at, id`,
      [this.config.process.lostMs],
    );
    return { items: rows, next_cursor: null };
  }
}
