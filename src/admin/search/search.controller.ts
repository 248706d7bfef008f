import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiSchema, ApiTags } from '@nestjs/swagger';
import { IsString, Length } from 'class-validator';
import { Database } from '../../platform/database/database.js';
import { ApiProblems } from '../../platform/http/api-problems.js';
import { Needs } from '../../platform/http/principal.js';
import { dtoPipe } from '../../platform/http/query.pipe.js';
import { isId } from '../../platform/ids.js';
import { FOUND_KINDS, type Found, findById } from './find-by-id.js';

export class SearchQuery {
  @ApiProperty({
    minLength: 1,
    maxLength: 300,
    description: 'An id of anything, with or without hyphens; or an API key, of which its id is looked for.',
  })
  @IsString()
  @Length(1, 300, { message: 'q must be 1 to 300 characters' })
  q: string;
}

@ApiSchema({ name: 'Found' })
export class FoundView implements Found {
  @ApiProperty({ enum: FOUND_KINDS })
  kind: Found['kind'];

  @ApiProperty({ type: String, format: 'uuid' })
  id: string;

  @ApiProperty({ type: String, nullable: true, description: 'Whose it is.' })
  tenant: string | null;

  @ApiProperty({ type: String, description: 'What it is, in a line.' })
  title: string;

  @ApiProperty({ type: String, nullable: true, description: 'In the words of its kind.' })
  state: string | null;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at: Date;

  @ApiProperty({ type: String, format: 'uuid', nullable: true, description: 'The task it belongs to.' })
  task_id: string | null;
}

export class FoundList {
  @ApiProperty({ type: FoundView, isArray: true, description: 'An event is followed by its webhooks. Empty when nothing has this id.' })
  items: FoundView[];
}

/** From an id in a log, an alert or a mail to what it names. */
@ApiTags('admin')
@Controller('admin/search')
@Needs('admin')
export class SearchController {
  constructor(private readonly database: Database) {}

  @Get()
  @ApiOperation({ summary: 'Find what has an id, of whatever kind', operationId: 'admin_search' })
  @ApiOkResponse({ type: FoundList, description: 'All that has it.' })
  @ApiProblems({ 422: { validation_failed: '`q` cannot be accepted.' } })
  async search(@Query(dtoPipe) { q }: SearchQuery): Promise<FoundList> {
    const id = readId(q);
    return { items: id === null ? [] : await findById(this.database, id) };
  }
}

/** Null when it is none. */
function readId(text: string): string | null {
  const trimmed = text.trim();
  const digits = /^(?:pb_)?([0-9a-f]{32})(?:_[\w-]*)?$/i.exec(trimmed)?.[1];
  const id = digits === undefined ? trimmed : digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return isId(id) ? id : null;
}
