import { createParamDecorator, type ExecutionContext, SetMetadata } from '@nestjs/common';

export const SCOPES = ['submit', 'read', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

/** Who is calling, from his API key. */
export interface Principal {
  keyId: string;
  tenant: string;
  /** Of the key, for people. */
  name: string;
  scopes: readonly Scope[];
  /** The session of the console that stands for the key; missing when the key itself was sent. */
  session?: { id: string; expiresAt: Date };
}

export const ACCESS = Symbol('access');
export type Access = 'public' | readonly Scope[];

/** Open to everybody. A route that names neither this nor `Needs` is closed to all. */
export const Public = () => SetMetadata(ACCESS, 'public' satisfies Access);

/** Open to keys that have one of these scopes. */
export const Needs = (...scopes: Scope[]) => SetMetadata(ACCESS, scopes satisfies Access);

export const SIGNED_LINK = Symbol('signed link');

/** Besides `Needs`: open without a key to whoever brings this query parameter. The route itself judges what it says. */
export const OrSignedLink = (parameter: string) => SetMetadata(SIGNED_LINK, parameter);

export const Caller = createParamDecorator((_: unknown, context: ExecutionContext): Principal => {
  return context.switchToHttp().getRequest<{ principal: Principal }>().principal;
});
