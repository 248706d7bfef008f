import pc from 'picocolors';
import { packageRoot } from '../../src/platform/package-root.js';
import { startSampleReceiver } from '../support/sample-receiver.js';
import { type LogLine, startService } from '../support/service-process.js';
import { SeenBefore, showDelivery } from '../support/show-delivery.js';

/** The service for trying things out: loopback receivers allowed, `echo` offered, and a receiver that listens. */
const SECRET = 'my-client-super-secret-key';
const port = process.env.PORT ?? '3000';
const receiverPort = Number(process.env.RECEIVER_PORT ?? 4000);
const apiKey = process.env.POSTBACK_BOOTSTRAP_API_KEY ?? 'dev-consumer-key';
const adminKey = process.env.POSTBACK_BOOTSTRAP_ADMIN_KEY ?? 'dev-admin-key';

try {
  const seen = new SeenBefore();
  const receiver = await startSampleReceiver({
    port: receiverPort,
    secret: SECRET,
    answer: () => ({ status: 200 }),
    onDelivery: (delivery) => console.log(`${pc.magenta('receiver')}  ${showDelivery(delivery, seen.count(delivery))}`),
  });
  const service = await startService(
    {
      POSTBACK_DEMO_AGENTS: 'true',
      POSTBACK_EGRESS_ALLOW_HTTP: 'true',
      POSTBACK_EGRESS_ALLOW_CIDRS: '127.0.0.0/8,::1/128',
      POSTBACK_DATA_DIR: packageRoot('.data/dev'),
      POSTBACK_RETRY_BASE_MS: '1000',
      ...process.env,
      PORT: port,
      POSTBACK_BOOTSTRAP_API_KEY: apiKey,
      POSTBACK_BOOTSTRAP_ADMIN_KEY: adminKey,
    } as Record<string, string>,
    printLog,
  );
  printWelcome(service.url, receiver.url);
  // Ctrl-C reaches the service as well; this process only waits for it
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => void service.stop());
  process.exitCode = (await service.ended) ?? 1;
  await receiver.stop();
} catch (error) {
  console.error(pc.red(explain(error)));
  process.exit(1);
}

/** The service says itself what to do about its own port. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') return error.message;
  return `${error.message}. Another program listens there; choose a free port for the receiver: RECEIVER_PORT=4100 npm run dev`;
}

function printWelcome(url: string, receiverUrl: string): void {
  console.log(`
${pc.bold(`Postback runs at ${url}`)} (documentation: ${url}/docs), a receiver listens at ${receiverUrl}.
Consumer key ${pc.cyan(apiKey)}, admin key ${pc.cyan(adminKey)}. Ctrl-C stops both. Try:

${pc.cyan(`curl -s ${url}/agent/echo \\
  -H 'Authorization: Bearer ${apiKey}' -H 'Content-Type: application/json' \\
  -d '{"payload": {"hello": "world"}, "delay_ms": 500, "webhook_url": "${receiverUrl}/hook", "webhook_secret": "${SECRET}"}'`)}
`);
}

function printLog({ event, msg, level, time, ...fields }: LogLine): void {
  if (event === 'service.ready') return;
  const shown = Object.entries(fields)
    .filter(([, value]) => value !== null && typeof value !== 'object')
    .map(([name, value]) => `${name}=${value}`);
  const paint = level === 'error' ? pc.red : level === 'warn' ? pc.yellow : pc.dim;
  console.log(`${pc.blue('service')}   ${event ?? msg} ${paint(shown.join(' '))}`);
}
