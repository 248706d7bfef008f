import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { discardBody } from './discard-body.js';
import type { KeyCache } from './key-cache.js';
import type { Admission, KeyLimitOptions, KeyLimits } from './key-limits.js';
import { foreignOrigin } from './own-origin.js';
import type { Principal } from './principal.js';
import { hungUp, notFoundAddress, Problem, unauthorized } from './problem.js';
import { asksFirst, headProblem, judgeExpectations } from './request-head.js';
import type { RouteRule } from './route-rules.js';
import type { RouteTable } from './route-table.js';
import type { SessionCache } from './session-cache.js';
import { carriesSession, isSecure, sessionToken } from './session-cookie.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who is calling; null on a public route. */
    principal: Principal | null;
  }
}

export interface DoorParts {
  keys: KeyCache;
  sessions: SessionCache;
  limits: KeyLimits;
  routes: RouteTable;
  policy: KeyLimitOptions;
  /** Of a route that belongs to no controller, by the path it is mounted at: whether it is open to everybody. */
  isPublicPage(url: string): boolean;
  /** For a path; see `security-headers.ts`. */
  headersFor(path: string): Readonly<Record<string, string>>;
  bodyMaxBytes: number;
  /** Where browsers reach the service. */
  publicUrl(): string;
  /** Ms on a clock that never jumps. */
  now(): number;
  /** No new request is taken. */
  closing(): boolean;
}

type Headers = FastifyRequest['headers'];

/** Methods that change nothing. */
const READING: readonly string[] = ['GET', 'HEAD'];

/** Where nobody has to say who he is, parsing is free for everybody. */
const PUBLIC_BODY_MAX_BYTES = 2_048;

const CLOSED: RouteRule = { access: null, signedLink: null };
const OPEN: RouteRule = { access: 'public', signedLink: null };

/**
 * Judges every request before its body is read: is there such a route, who is calling, may he, and not too often? Deny by default: a route
 * that says nothing is nobody's. What is refused here costs no parsing, no memory and, for keys that are known, no query.
 */
export function guardTheDoor(fastify: FastifyInstance, parts: DoorParts): void {
  fastify.decorateRequest('principal', null);
  judgeExpectations(fastify);
  fastify.addHook('onRoute', (route) => {
    const { method, url, config } = route;
    const rule = ruleOf(config, url, parts);
    if (rule.access === 'public') route.bodyLimit = Math.min(PUBLIC_BODY_MAX_BYTES, parts.bodyMaxBytes);
    for (const each of [method].flat()) parts.routes.add({ method: each, url, rule });
  });
  fastify.addHook('onRequest', (request, reply, done) => {
    reply.headers(parts.headersFor(request.url)).header('x-request-id', request.id);
    const admit = () => {
      if (asksFirst(request.raw)) reply.raw.writeContinue();
      done();
    };
    const decided = headProblem(request.raw) ?? decide(parts, request, reply);
    if (decided === undefined) return admit();
    const refuse = (error: unknown) => {
      discardBody(request.raw, parts.bodyMaxBytes);
      done(error as Error);
    };
    if (decided instanceof Problem) refuse(decided);
    else decided.then((problem) => (problem === undefined ? admit() : refuse(problem)), refuse);
  });
}

type Decision = Problem | undefined;

function decide(parts: DoorParts, request: FastifyRequest, reply: FastifyReply): Decision | Promise<Decision> {
  if (parts.closing() && !request.url.startsWith('/health/')) return closing(reply);
  if (request.is404) return notFoundAddress();
  const rule = ruleOf(request.routeOptions.config, request.routeOptions.url, parts);
  const secure = isSecure(parts.publicUrl());
  // a browser sends the cookie along whoever made it ask, and says who that was
  if (!READING.includes(request.method) && carriesSession(request.headers.cookie, secure)) {
    const refused = foreignOrigin(request, parts.publicUrl());
    if (refused !== null) return refused;
  }
  if (rule.access === 'public' || isSigned(rule, request)) return undefined;
  const holder = findHolder(parts, request.headers, secure);
  const admit = (principal: Principal | null) =>
    principal === null ? refuseCaller(request.headers, secure) : enter(parts, rule, principal, request, reply);
  return holder instanceof Promise ? holder.then(admit) : admit(holder);
}

function ruleOf(config: { rule?: RouteRule } | undefined, url: string | undefined, parts: DoorParts): RouteRule {
  return config?.rule ?? (parts.isPublicPage(url ?? '') ? OPEN : CLOSED);
}

function isSigned({ signedLink }: RouteRule, { query }: FastifyRequest): boolean {
  return signedLink !== null && typeof (query as Record<string, unknown>)[signedLink] === 'string';
}

/** A key that is sent counts, whatever cookie comes along. */
function findHolder(
  { keys, sessions }: DoorParts,
  { authorization, cookie }: Headers,
  secure: boolean,
): Principal | null | Promise<Principal | null> {
  if (authorization === undefined) {
    const token = sessionToken(cookie, secure);
    return token === null ? null : sessions.find(token);
  }
  const key = /^Bearer ([\x21-\x7e]{8,256})$/i.exec(authorization)?.[1];
  return key === undefined ? null : keys.find(key);
}

function refuseCaller({ authorization, cookie }: Headers, secure: boolean): Problem {
  const detail =
    authorization !== undefined
      ? 'This API key is not known, has expired or was revoked.'
      : carriesSession(cookie, secure)
        ? 'This session is over; sign in at /console again.'
        : 'Send an API key: Authorization: Bearer <key>.';
  return unauthorized(detail);
}

/** Scope first: a request that may not be made does not use up what the key may ask for. */
function enter(parts: DoorParts, { access }: RouteRule, principal: Principal, request: FastifyRequest, reply: FastifyReply): Decision {
  const scopes = access === 'public' ? null : access;
  if (!scopes?.some((scope) => principal.scopes.includes(scope))) {
    return new Problem(403, 'forbidden', `This API key may not do that; it needs the scope ${scopes?.join(' or ') ?? 'of nobody'}.`);
  }
  if (reply.raw.destroyed) return hungUp(); // while we looked for the key: there will be no 'close' any more to leave at
  const admission = parts.limits.enter(principal.keyId, parts.now());
  reply.headers(rateLimitHeaders(admission, parts.policy));
  if (admission.kind !== 'admitted') return tooMuch(admission);
  reply.raw.once('close', () => parts.limits.leave(principal.keyId)); // also when the client is gone before the answer
  request.principal = principal;
  return undefined;
}

/** As of draft-ietf-httpapi-ratelimit-headers-10: the quota `q` for a window of `w` seconds, `r` left of it, all of it again in `t` seconds. */
function rateLimitHeaders(admission: Admission, { burst, ratePerSecond }: KeyLimitOptions): Record<string, string> {
  const remaining = admission.kind === 'too_fast' ? 0 : admission.remaining;
  return {
    'ratelimit-policy': `"key";q=${burst};w=${Math.max(1, Math.ceil(burst / ratePerSecond))}`,
    ratelimit: `"key";r=${remaining};t=${admission.resetSeconds}`,
  };
}

function tooMuch(admission: Exclude<Admission, { kind: 'admitted' }>): Problem {
  const more = { headers: { 'retry-after': String(admission.retryAfterSeconds) } };
  return admission.kind === 'too_fast'
    ? new Problem(429, 'rate_limited', 'This API key sends requests too fast; wait as long as Retry-After says.', more)
    : new Problem(429, 'too_many_in_flight', 'This API key has too many requests under way; wait until some are answered.', more);
}

function closing(reply: FastifyReply): Problem {
  reply.header('connection', 'close');
  return new Problem(503, 'not_serving', 'This process is starting or shutting down.', { headers: { 'retry-after': '2' } });
}
