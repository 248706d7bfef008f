import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiBody, ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { type Actor, By } from '../../platform/audit/actor.js';
import { Database } from '../../platform/database/database.js';
import { ApiProblems, type ProblemTable } from '../../platform/http/api-problems.js';
import { KeyCache } from '../../platform/http/key-cache.js';
import { decodeCursor, type Page, toPage } from '../../platform/http/page.js';
import { Needs } from '../../platform/http/principal.js';
import { notFound, Problem } from '../../platform/http/problem.js';
import { dtoPipe } from '../../platform/http/query.pipe.js';
import { SessionCache } from '../../platform/http/session-cache.js';
import { isId } from '../../platform/ids.js';
import { createKey, type NewKey } from './create-key.js';
import { KeyFields, KeyPage, KeyQuery, KeyRotationFields, KeyView, KeyWithSecret } from './key.dto.js';
import type { KeyRow } from './key-row.js';
import { listKeys } from './list-keys.js';
import { readKeyFields, readKeyOverlap } from './read-key-fields.js';
import { revokeKey } from './revoke-key.js';
import { rotateKey } from './rotate-key.js';

const unknownKey: ProblemTable = { 404: { not_found: 'There is no such key.' } };
const fields: ProblemTable = { 422: { validation_failed: 'Fields cannot be accepted; see `errors`.' } };

/** The API keys of every tenant. */
@ApiTags('admin')
@Controller('admin/keys')
@Needs('admin')
export class KeysController {
  constructor(
    private readonly database: Database,
    private readonly keys: KeyCache,
    private readonly sessions: SessionCache,
  ) {}

  @Get()
  @ApiOperation({ summary: 'List API keys of every tenant' })
  @ApiOkResponse({ type: KeyPage, description: 'A page of keys, live or not.' })
  @ApiProblems({ 422: { validation_failed: 'A filter, `limit` or `cursor` cannot be accepted.' } })
  async list(@Query(dtoPipe) { tenant, limit, cursor }: KeyQuery): Promise<Page<KeyRow>> {
    const rows = await listKeys(this.database, tenant ?? null, decodeCursor(cursor), limit + 1);
    return toPage(
      rows,
      limit,
      (row) => ({ createdAt: row.position, id: row.id }),
      ({ position: _, ...view }) => view,
    );
  }

  @Post()
  @ApiOperation({ summary: 'Create an API key' })
  @ApiBody({ type: KeyFields })
  @ApiCreatedResponse({ type: KeyWithSecret, description: 'The key, which is shown this once.' })
  @ApiProblems(fields)
  async create(@Body() body: unknown, @By() by: Actor): Promise<NewKey> {
    return createKey(this.database, by, readKeyFields(body));
  }

  @Post(':id/rotate')
  @HttpCode(200)
  @ApiOperation({ summary: 'Replace an API key; for a while the former one is accepted, too' })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiBody({ type: KeyRotationFields, required: false })
  @ApiOkResponse({ type: KeyWithSecret, description: 'The new key, which is shown this once.' })
  @ApiProblems({
    ...unknownKey,
    409: { key_not_live: 'It has expired or was revoked.', key_replaced: 'Another key replaces it already.' },
    ...fields,
  })
  async rotate(@Param('id') id: string, @Body() body: unknown, @By() by: Actor): Promise<NewKey> {
    const overlapSeconds = readKeyOverlap(body);
    const rotation = isId(id) ? await rotateKey(this.database, by, id, overlapSeconds) : { kind: 'unknown' as const };
    switch (rotation.kind) {
      case 'rotated':
        this.forget();
        return rotation.made;
      case 'unknown':
        throw notFound('This key');
      case 'not_live':
        throw new Problem(409, 'key_not_live', 'This key has expired or was revoked; create a new one.');
      case 'replaced':
        throw new Problem(409, 'key_replaced', 'Another key replaces this one already; rotate or revoke that one.');
      default:
        throw new Error(`A rotation cannot end as ${rotation satisfies never}.`);
    }
  }

  @Post(':id/revoke')
  @HttpCode(200)
  @ApiOperation({ summary: 'Revoke an API key' })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiOkResponse({ type: KeyView, description: 'It is refused, now or before; by every process within `POSTBACK_KEY_CACHE_MS`.' })
  @ApiProblems(unknownKey)
  async revoke(@Param('id') id: string, @By() by: Actor): Promise<KeyRow> {
    const revoked = isId(id) ? await revokeKey(this.database, by, id) : null;
    if (revoked === null) throw notFound('This key');
    this.forget();
    return revoked;
  }

  private forget(): void {
    this.keys.forget();
    this.sessions.forget();
  }
}
