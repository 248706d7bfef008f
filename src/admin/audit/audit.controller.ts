import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Database } from '../../platform/database/database.js';
import { ApiProblems } from '../../platform/http/api-problems.js';
import { decodeCursor, type Page, toPage } from '../../platform/http/page.js';
import { Needs } from '../../platform/http/principal.js';
import { dtoPipe } from '../../platform/http/query.pipe.js';
import { AuditPage, AuditQuery } from './audit.dto.js';
import { type AuditRow, listAudit } from './read-audit.js';

/** Who changed what, of every tenant. It is only read here. */
@ApiTags('admin')
@Controller('admin/audit')
@Needs('admin')
export class AuditController {
  constructor(private readonly database: Database) {}

  @Get()
  @ApiOperation({ summary: 'List who changed what' })
  @ApiOkResponse({ type: AuditPage, description: 'A page of entries that match all filters.' })
  @ApiProblems({ 422: { validation_failed: 'A filter, `limit` or `cursor` cannot be accepted.' } })
  async list(@Query(dtoPipe) { limit, cursor, ...filter }: AuditQuery): Promise<Page<AuditRow>> {
    const rows = await listAudit(this.database, filter, decodeCursor(cursor), limit + 1);
    return toPage(
      rows,
      limit,
      (row) => ({ createdAt: row.position, id: row.id }),
      ({ position: _, ...view }) => view,
    );
  }
}
