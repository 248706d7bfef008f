import type { INestApplication, Type } from '@nestjs/common';
import { METHOD_METADATA } from '@nestjs/common/constants.js';
import { MetadataScanner, ModulesContainer } from '@nestjs/core';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ACCESS, type Access, SIGNED_LINK } from './principal.js';

/** Who may call a route, as the door reads it from the route itself. */
export interface RouteRule {
  access: Access | null;
  /** The query parameter that opens it without a key. */
  signedLink: string | null;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Missing: nobody may call it. */
    rule?: RouteRule;
  }
}

/**
 * Writes what `@Needs`, `@Public` and `@OrSignedLink` say into the routes of Fastify, before Nest mounts them: the door stands before the
 * body is read, and there a controller is not yet known.
 */
export function writeRouteRules(app: INestApplication): void {
  for (const module of app.get(ModulesContainer).values())
    for (const { metatype } of module.controllers.values()) if (metatype) writeRules(metatype as Type);
}

function writeRules(controller: Type): void {
  const { prototype } = controller;
  for (const name of new MetadataScanner().getAllMethodNames(prototype)) {
    const handler = prototype[name];
    if (Reflect.getMetadata(METHOD_METADATA, handler) === undefined) continue;
    const rule: RouteRule = {
      access: Reflect.getMetadata(ACCESS, handler) ?? Reflect.getMetadata(ACCESS, controller) ?? null,
      signedLink: Reflect.getMetadata(SIGNED_LINK, handler) ?? null,
    };
    RouteConfig({ rule })(prototype, name, Object.getOwnPropertyDescriptor(prototype, name)!);
  }
}
