import type { IncomingMessage } from 'node:http';
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isDatabaseTrouble } from '../database/database-trouble.js';
import type { Logger } from '../logging/logger.js';
import { hungUp, notFoundAddress, Problem, unavailable } from './problem.js';

/** Every error leaves as `application/problem+json`; what we did not foresee is logged with its cause and told without it. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const problem = isCutOff(request.raw, error) ? hungUp() : toProblem(error);
    if (problem.status >= 500)
      this.logger.error(
        { event: 'http.error', method: request.method, route: request.routeOptions.url, code: problem.code, err: error },
        problem.message,
      );
    void reply
      .status(problem.status)
      .headers({ 'cache-control': 'no-store', ...problem.more.headers })
      .type('application/problem+json')
      .send(JSON.stringify(problemBody(problem)));
  }
}

/** The caller is gone in the middle of his body. Node's error for that looks like one of a connection of ours, to Postgres, and is nobody's fault here. */
function isCutOff({ destroyed, complete }: IncomingMessage, error: unknown): boolean {
  return destroyed && !complete && (error as { code?: unknown }).code === 'ECONNRESET';
}

export function problemBody(problem: Problem): object {
  return {
    type: 'about:blank',
    title: TITLES[problem.status] ?? 'Error',
    status: problem.status,
    code: problem.code,
    detail: problem.detail,
    ...(problem.more.errors && { errors: problem.more.errors }),
  };
}

export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (isDatabaseTrouble(error)) return unavailable(error);
  const status = error instanceof HttpException ? error.getStatus() : (error as { statusCode?: number }).statusCode;
  if (status === undefined || status >= 500) {
    return new Problem(500, 'internal_error', 'Something went wrong on our side; it has been logged. Try again later.', { cause: error });
  }
  // who may call is for the door to say; what comes here is a path that would leave the folder of a page
  if (status === 403) return notFoundAddress();
  const [code, detail] = KNOWN[status] ?? ['bad_request', 'The request cannot be understood.'];
  return new Problem(status, code, detail, { cause: error });
}

const TITLES: Record<number, string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  409: 'Conflict',
  410: 'Gone',
  413: 'Content Too Large',
  414: 'URI Too Long',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

/** What the framework refuses before a controller is reached. */
const KNOWN: Record<number, [string, string]> = {
  400: ['bad_request', 'The request cannot be understood.'],
  401: ['unauthorized', 'Send an API key: Authorization: Bearer <key>.'],
  404: ['not_found', 'There is nothing at this address; see /docs for the API.'],
  413: ['body_too_large', 'The request body is larger than this service accepts.'],
  415: ['unsupported_media_type', 'Send the body as application/json, uncompressed.'],
};
