import { Controller, Get, Headers, HttpStatus, Param, Query, Res } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiParam, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { anyJson } from '../agents/any-json.js';
import { Database } from '../platform/database/database.js';
import { ApiProblems } from '../platform/http/api-problems.js';
import { contentDigest } from '../platform/http/content-digest.js';
import { Caller, Needs, OrSignedLink, type Principal } from '../platform/http/principal.js';
import { notFound, Problem } from '../platform/http/problem.js';
import { isId } from '../platform/ids.js';
import { Keyring } from '../platform/secrets/keyring.js';
import { type ResultReader, readResult, type StoredResult } from './read-result.js';
import { readResultToken } from './result-link.js';

const headers = {
  'Content-Digest': { description: 'RFC 9530: `sha-256=:<base64>:` of the body.', schema: { type: 'string' } },
  ETag: { description: 'The same for the same result.', schema: { type: 'string' } },
} as const;
const retryAfter = {
  'Retry-After': { description: 'Seconds after which another look is worth it.', schema: { type: 'integer' } },
} as const;

/** The result alone, byte for byte: for those who hold a key, and for receivers that were sent a link instead of the result. */
@ApiTags('tasks')
@Controller('tasks')
@Needs('read', 'submit', 'admin')
export class ResultController {
  constructor(
    private readonly database: Database,
    private readonly keyring: Keyring,
  ) {}

  @Get(':id/result')
  @OrSignedLink('token')
  @ApiOperation({
    summary: 'Fetch the result of a task, byte for byte',
    security: [{ bearer: [] }, {}],
    description: 'With an API key, or without one by the `result_url` of a webhook, whose `token` is the permission.',
  })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiQuery({ name: 'token', required: false, description: 'From a `result_url`.', schema: { type: 'string' } })
  @ApiHeader({ name: 'If-None-Match', required: false, description: 'The ETag of an earlier answer.', schema: { type: 'string' } })
  @ApiOkResponse({ description: 'What the agent returned.', headers, content: { 'application/json': { schema: anyJson } } })
  @ApiResponse({ status: 304, description: 'It is the one with that ETag.', headers: { ETag: headers.ETag } })
  @ApiProblems(
    {
      403: {
        link_invalid: 'The token was not made for this task.',
        link_expired: 'The token has expired; an API key still opens the result.',
      },
      404: { not_found: "There is no such task among this API key's own.", no_result: 'The task ended without a result.' },
      409: { not_finished: 'The task has not ended yet.' },
      410: { erased: 'The result was erased.' },
    },
    { 409: retryAfter },
  )
  async result(
    @Param('id') id: string,
    @Query('token') token: unknown,
    @Headers('if-none-match') known: string | undefined,
    @Caller() caller: Principal | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const text = textOf(isId(id) ? await readResult(this.database, id, this.reader(id, token, caller)) : { kind: 'unknown' });
    const digest = contentDigest(text);
    const etag = `"${digest.slice('sha-256=:'.length, -1)}"`;
    void reply.headers({ etag, 'cache-control': 'private, no-cache' });
    if (known === etag) void reply.status(HttpStatus.NOT_MODIFIED).send();
    else void reply.header('content-digest', digest).type('application/json; charset=utf-8').send(text);
  }

  /** A token speaks for itself, whoever brings it. */
  private reader(id: string, token: unknown, caller: Principal | undefined): ResultReader {
    if (typeof token !== 'string') return { tenant: caller!.tenant };
    const linkExpires = readResultToken(this.keyring, id, token);
    if (linkExpires === null) throw new Problem(403, 'link_invalid', 'This link was not made for this task, or was altered.');
    return { linkExpires };
  }
}

function textOf(found: StoredResult): string {
  switch (found.kind) {
    case 'result':
      return found.text;
    case 'unknown':
      throw notFound('This task');
    case 'link_expired':
      throw new Problem(403, 'link_expired', 'This link has expired. Fetch the result with an API key.');
    case 'erased':
      throw new Problem(410, 'erased', 'The result of this task was erased.');
    case 'not_finished':
      throw new Problem(409, 'not_finished', 'This task has not ended yet, so it has no result.', { headers: { 'retry-after': '2' } });
    case 'no_result':
      throw new Problem(404, 'no_result', 'This task ended without a result; see its error.');
    default:
      throw new Error(`A result cannot be ${found satisfies never}.`);
  }
}
