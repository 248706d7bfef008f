import { userInfo } from 'node:os';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

/** Who does something that is written down. */
export interface Actor {
  /** The name of the API key, or the command and who ran it. */
  name: string;
  /** Null for a command, like the two below. */
  keyId: string | null;
  ip: string | null;
  requestId: string | null;
}

/** The caller of a route that asks for a key. */
export const By = createParamDecorator((_: unknown, context: ExecutionContext): Actor => {
  const { principal, ip, id } = context.switchToHttp().getRequest<FastifyRequest>();
  return { name: principal!.name, keyId: principal!.keyId, ip, requestId: id };
});

/** Whoever runs this process, for what he has it do. */
export const commandActor = (command: string): Actor => ({ name: `${command} (${userName()})`, keyId: null, ip: null, requestId: null });

/** A container may run as a user whom nobody gave a name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.()}`;
  }
}
