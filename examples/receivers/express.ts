import express from 'express';
import { startReceiver } from './receive.js';

const receiver = await startReceiver(process.env);
const app = express();

// raw(): a Buffer of what came over the wire. express.json() would leave nothing to verify
app.post('/hook', express.raw({ type: 'application/json', limit: '1mb' }), async (request, response) => {
  if (!Buffer.isBuffer(request.body)) return void response.sendStatus(415);
  response.sendStatus(await receiver.receive(request.headers, request.body)); // what throws is answered with 500, and sent again
});

const server = app.listen(Number(process.env.PORT ?? 4001), '127.0.0.1', (error) => {
  if (error) throw error;
  console.log(`listening at http://127.0.0.1:${(server.address() as { port: number }).port}/hook`);
});
process.once('SIGTERM', () => server.close(() => void receiver.stop()));
