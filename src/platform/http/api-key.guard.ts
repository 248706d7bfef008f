import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { Database } from '../database/database.js';
import { findApiKey } from './api-keys.js';
import { ACCESS, type Access, type Principal, SIGNED_LINK } from './principal.js';
import { Problem } from './problem.js';

interface GuardedRequest {
  headers: { authorization?: string };
  query: Record<string, unknown>;
  principal?: Principal;
}

/** Deny by default: a route says who may call it, or nobody may. */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly database: Database,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const access = this.reflector.getAllAndOverride<Access | undefined>(ACCESS, [context.getHandler(), context.getClass()]);
    if (access === 'public') return true;
    const request = context.switchToHttp().getRequest<GuardedRequest>();
    const link = this.reflector.get<string | undefined>(SIGNED_LINK, context.getHandler());
    if (link !== undefined && typeof request.query[link] === 'string') return true;
    const principal = await this.authenticate(request.headers.authorization);
    if (!access?.some((scope) => principal.scopes.includes(scope))) {
      throw new Problem(403, 'forbidden', `This API key may not do that; it needs the scope ${access?.join(' or ') ?? 'of nobody'}.`);
    }
    request.principal = principal;
    return true;
  }

  private async authenticate(header: string | undefined): Promise<Principal> {
    const key = /^Bearer ([\x21-\x7e]{8,256})$/i.exec(header ?? '')?.[1];
    const principal = key === undefined ? null : await findApiKey(this.database, key);
    if (principal !== null) return principal;
    const detail =
      header === undefined ? 'Send an API key: Authorization: Bearer <key>.' : 'This API key is not known, has expired or was revoked.';
    throw new Problem(401, 'unauthorized', detail, { headers: { 'www-authenticate': 'Bearer realm="postback"' } });
  }
}
