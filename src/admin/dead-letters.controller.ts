import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Database } from '../platform/database/database.js';
import { ApiProblems } from '../platform/http/api-problems.js';
import type { Page } from '../platform/http/page.js';
import { Needs } from '../platform/http/principal.js';
import { invalid } from '../platform/http/problem.js';
import { dtoPipe } from '../platform/http/query.pipe.js';
import { isId } from '../platform/ids.js';
import { type DeadLetterGroup, findDeadEndpoints, readDeadLetters } from '../webhooks/outbox/read-dead-letters.js';
import { DeadLetterGroupView, DeadLetterPage, DeadLetterQuery } from './dead-letters.dto.js';

/** Stretches of endpoints that are looked through for one page when a filter leaves nothing of them. */
const MOST_LOOKS = 20;

/** What was given up and waits for a person, not row by row but by what went wrong. */
@ApiTags('admin')
@Controller('admin/dead-letters')
@Needs('admin')
export class DeadLettersController {
  constructor(private readonly database: Database) {}

  @Get()
  @ApiOperation({
    operationId: 'admin_dead_letters',
    summary: 'List dead webhooks of every tenant by endpoint, reason and error',
    description: '`limit` counts endpoints; all groups of an endpoint are on one page.',
  })
  @ApiOkResponse({ type: DeadLetterPage, description: 'A page of groups; with filters it may be empty and not the last.' })
  @ApiProblems({ 422: { validation_failed: 'A filter, `limit` or `cursor` cannot be accepted.' } })
  async list(@Query(dtoPipe) { limit, cursor, ...filter }: DeadLetterQuery): Promise<Page<DeadLetterGroupView>> {
    let after = readCursor(cursor);
    for (let look = 1; ; look += 1) {
      const found = await findDeadEndpoints(this.database, filter.endpoint_id, after, limit + 1);
      const shown = found.slice(0, limit);
      const groups = await readDeadLetters(this.database, filter, shown);
      after = found.length > limit ? shown.at(-1)! : null;
      if (groups.length > 0 || after === null || look === MOST_LOOKS) return { items: groups.map(view), next_cursor: after };
    }
  }
}

/** The endpoint at which the page before ended. */
function readCursor(cursor: string | undefined): string | null {
  if (cursor === undefined || isId(cursor)) return cursor ?? null;
  throw invalid([{ field: 'cursor', detail: 'This cursor was not made by this list; start again without one.' }]);
}

const view = (group: DeadLetterGroup): DeadLetterGroupView => {
  const { endpoint_id, dead_reason, error } = group;
  return { ...group, filter: { endpoint_id, dead_reason, error: error ?? '' } };
};
