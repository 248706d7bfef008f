import { Body, Controller, Delete, Get, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import { ApiBody, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '../../config/config.js';
import { type Actor, By } from '../../platform/audit/actor.js';
import { writeAudit } from '../../platform/audit/write-audit.js';
import { Clock } from '../../platform/clock.js';
import { Database } from '../../platform/database/database.js';
import { ApiProblems } from '../../platform/http/api-problems.js';
import { FailureLimits } from '../../platform/http/failure-limits.js';
import { KeyCache } from '../../platform/http/key-cache.js';
import { foreignOrigin } from '../../platform/http/own-origin.js';
import { Caller, Needs, type Principal, Public } from '../../platform/http/principal.js';
import { invalid, Problem, unauthorized } from '../../platform/http/problem.js';
import { PublicUrl } from '../../platform/http/public-url.js';
import { SessionCache } from '../../platform/http/session-cache.js';
import { isSecure, noSessionCookie, sessionCookie, sessionToken } from '../../platform/http/session-cookie.js';
import { closeSession, type NewSession, openSession } from '../../platform/http/sessions.js';
import { validateDto } from '../../platform/http/validate-dto.js';
import type { Logger } from '../../platform/logging/logger.js';
import { CONFIG, LOGGER } from '../../platform/tokens.js';
import { SessionView, SignInFields } from './session.dto.js';

/** A person mistypes a few times; a program that guesses does not stop there. */
const WRONG_KEYS = { burst: 10, refillMs: 30_000 };

/** Signing in and out at the console: a cookie stands for the key that was entered. */
@ApiTags('admin')
@Controller('console/session')
@Needs('admin')
export class SessionController {
  private readonly wrongKeys = new FailureLimits(WRONG_KEYS);

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly clock: Clock,
    private readonly database: Database,
    private readonly keys: KeyCache,
    private readonly publicUrl: PublicUrl,
    private readonly sessions: SessionCache,
  ) {}

  @Post()
  @Public()
  @HttpCode(204)
  @ApiOperation({
    operationId: 'console_sign_in',
    summary: 'Sign in at the console with an API key',
    description:
      'The answer sets the cookie `postback_session` (`__Host-postback_session` where the service is reached over https), which stands for the key on every route. What changes something is then accepted from the own origin only.',
    security: [],
  })
  @ApiBody({ type: SignInFields })
  @ApiNoContentResponse({
    description: 'Signed in; a session that the browser had before is over.',
    headers: { 'Set-Cookie': { description: 'The cookie of the session.', schema: { type: 'string' } } },
  })
  @ApiProblems({
    401: { unauthorized: 'The API key is not known, has expired or was revoked.' },
    403: { forbidden: 'The API key lacks the scope `admin`.', origin_refused: 'A browser sent it for another site.' },
    422: { validation_failed: 'Fields cannot be accepted; see `errors`.' },
    429: { too_many_sign_ins: 'Too many wrong keys came from this address; see `Retry-After`.' },
  })
  async signIn(@Body() body: unknown, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { key } = readSignIn(body);
    // without an Origin it is no browser; with one, somebody else's page must not sign its visitors in
    const refused = request.headers.origin === undefined ? null : foreignOrigin(request, this.publicUrl.get());
    if (refused !== null) throw refused;
    const holder = await this.holderOf(key, request.ip);
    const session = await this.open(holder, request);
    if (session === null) throw unknownKey();
    void reply.header('set-cookie', sessionCookie(session.token, session.seconds, this.secure)).send();
  }

  @Get()
  @ApiOperation({ operationId: 'console_session', summary: 'Show who is signed in at the console' })
  @ApiOkResponse({ type: SessionView, description: 'The session of the cookie.' })
  show(@Caller() { keyId, name, tenant, scopes, session }: Principal): SessionView {
    if (session === undefined) throw noSession();
    return { key_id: keyId, name, tenant, scopes: [...scopes], expires_at: session.expiresAt };
  }

  @Delete()
  @HttpCode(204)
  @ApiOperation({ operationId: 'console_sign_out', summary: 'Sign out at the console' })
  @ApiNoContentResponse({
    description: 'The session is over, in this process at once, in every other one within `POSTBACK_KEY_CACHE_MS`.',
    headers: { 'Set-Cookie': { description: 'Takes the cookie of the session away.', schema: { type: 'string' } } },
  })
  async signOut(@Caller() { session, tenant }: Principal, @By() by: Actor, @Res() reply: FastifyReply): Promise<void> {
    if (session === undefined) throw noSession();
    await this.database.transaction(async (tx) => {
      if (await closeSession(tx, session.id))
        await writeAudit(tx, by, {
          action: 'session.delete',
          targetId: session.id,
          tenant,
          before: { expires_at: session.expiresAt },
          after: null,
        });
    });
    this.sessions.forget();
    void reply.header('set-cookie', noSessionCookie(this.secure)).send();
  }

  /** Throws unless an admin's key was entered; the address is charged for every other one. */
  private async holderOf(key: string, address: string): Promise<Principal> {
    const waitSeconds = this.wrongKeys.begin(address, this.clock.monotonic());
    if (waitSeconds !== null)
      throw new Problem(429, 'too_many_sign_ins', 'Too many wrong keys came from this address; wait as long as Retry-After says.', {
        headers: { 'retry-after': String(waitSeconds) },
      });
    const holder = await this.find(key, address);
    if (holder?.scopes.includes('admin')) {
      this.wrongKeys.succeeded(address);
      return holder;
    }
    this.logger.warn({ event: 'console.refused', ip: address, key_id: holder?.keyId ?? null }, 'A wrong key was entered at the console');
    if (holder === null) throw unknownKey();
    throw new Problem(403, 'forbidden', 'This API key may not do that; it needs the scope admin.');
  }

  /** A database that is away is not the address's fault. */
  private async find(key: string, address: string): Promise<Principal | null> {
    try {
      return await this.keys.find(key);
    } catch (error) {
      this.wrongKeys.succeeded(address);
      throw error;
    }
  }

  /** Always under a fresh token: one that was planted in the browser before stays worth nothing. */
  private async open(holder: Principal, { headers, id, ip }: FastifyRequest): Promise<NewSession | null> {
    const former = await this.former(headers.cookie);
    const by: Actor = { name: holder.name, keyId: holder.keyId, ip, requestId: id };
    const session = await this.database.transaction(async (tx) => {
      const made = await openSession(tx, holder.keyId, this.config.http.consoleSessionMs);
      if (made === null) return null;
      if (former !== null) await closeSession(tx, former);
      const after = { expires_at: made.expiresAt };
      await writeAudit(tx, by, { action: 'session.create', targetId: made.id, tenant: holder.tenant, before: null, after });
      return made;
    });
    if (former !== null) this.sessions.forget();
    return session;
  }

  /** The session that the browser has already. */
  private async former(cookie: string | undefined): Promise<string | null> {
    const token = sessionToken(cookie, this.secure);
    return token === null ? null : ((await this.sessions.find(token))?.session?.id ?? null);
  }

  private get secure(): boolean {
    return isSecure(this.publicUrl.get());
  }
}

/** Throws a 422. */
function readSignIn(body: unknown): SignInFields {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new Problem(422, 'validation_failed', 'The request body must be a JSON object.');
  const { value, errors } = validateDto(SignInFields, body);
  if (errors.length > 0) throw invalid(errors);
  return value;
}

const unknownKey = (): Problem => unauthorized('This API key is not known, has expired or was revoked.');

const noSession = (): Problem => unauthorized('There is no session; sign in at /console.');
