import fastify from 'fastify';
import { startReceiver } from './receive.js';

const receiver = await startReceiver(process.env);
const app = fastify({ bodyLimit: 1_048_576 });

// in the place of Fastify's own JSON parser: a Buffer of what came over the wire
app.removeContentTypeParser('application/json');
app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

app.post<{ Body: Buffer }>('/hook', async (request, reply) => {
  reply.status(await receiver.receive(request.headers, request.body)); // what throws is answered with 500, and sent again
  return '';
});

console.log(`listening at ${await app.listen({ port: Number(process.env.PORT ?? 4002), host: '127.0.0.1' })}/hook`);
process.once('SIGTERM', () => void app.close().then(() => receiver.stop()));
