import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { problemBody } from './platform/http/problem.filter.js';
import { notFoundAddress, Problem } from './platform/http/problem.js';

const YEAR_SECONDS = 31_536_000;

/** Files whose names change with their content. */
const ASSETS = '/console/assets/';

/**
 * The page at `/console`, as it was built. Every address below it that is no file is the page itself, which reads the address: links into it work.
 *
 * @param folder what `npm run build:console` made; when it is not there, the answer says so
 */
export function serveConsole(fastify: FastifyInstance, folder: string): void {
  const index = join(folder, 'index.html');
  if (existsSync(index)) servePage(fastify, folder, readFileSync(index));
  else for (const url of ['/console', '/console/*']) fastify.get(url, (_, reply) => answer(reply, notBuilt()));
}

function servePage(fastify: FastifyInstance, folder: string, page: Buffer): void {
  const show = (reply: FastifyReply) => reply.header('cache-control', 'no-cache').type('text/html; charset=utf-8').send(page);
  const files = async (scope: FastifyInstance) => {
    // the library calls it when there is no such file; a script that is gone must not become a page
    scope.setNotFoundHandler((request, reply) => (request.url.startsWith(ASSETS) ? answer(reply, notFoundAddress()) : show(reply)));
    await scope.register(fastifyStatic, {
      root: folder,
      prefix: '/',
      index: false,
      allowedPath: (path) => !path.endsWith('/'), // a folder is no file
      preCompressed: true,
      decorateReply: false,
      cacheControl: false,
      setHeaders: (reply) => {
        const { url } = reply.request;
        reply.header('cache-control', url.startsWith(ASSETS) ? `public, max-age=${YEAR_SECONDS}, immutable` : 'no-cache');
      },
    });
    scope.get('/', { prefixTrailingSlash: 'no-slash' }, (_, reply) => show(reply));
  };
  void fastify.register(files, { prefix: '/console' });
}

const notBuilt = (): Problem =>
  new Problem(404, 'console_not_built', 'The console has not been built; run npm run build:console and start the service again.');

const answer = (reply: FastifyReply, problem: Problem): FastifyReply =>
  reply
    .status(problem.status)
    .type('application/problem+json')
    .send(JSON.stringify(problemBody(problem)));
