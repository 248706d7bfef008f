import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { packageRoot } from '../../src/platform/package-root.js';
import { freePort } from '../support/free-port.js';
import { type Delivery, startSampleReceiver } from '../support/sample-receiver.js';
import { type ServiceProcess, startService } from '../support/service-process.js';
import { checkFindings } from './check-findings.js';
import { Story } from './story.js';

/** The main job from end to end, on a real contract: a client submits, an agent reads, a receiver fails twice and then accepts. */
const CONTRACT = '/master-services-agreement.pdf';
const SECRET = 'my-client-super-secret-key';
const API_KEY = 'demo-consumer-key';
const ADMIN_KEY = 'demo-admin-key';
const ANSWERS = [500, 500, 200];

const story = new Story();
let service = null as ServiceProcess | null;
try {
  const ok = await tell();
  process.exitCode = ok ? 0 : 1;
} catch (error) {
  story.failed(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
} finally {
  await service?.stop();
}

async function tell(): Promise<boolean> {
  const deliveries: Delivery[] = [];
  const arrived = new EventTarget();
  const receiver = await startSampleReceiver({
    port: 0,
    secret: SECRET,
    answer: (nth) => ({ status: ANSWERS[nth - 1] ?? 200 }),
    documents: { [CONTRACT]: readFileSync(packageRoot('examples/contract', CONTRACT)) },
    onDelivery: (delivery) => {
      deliveries.push(delivery);
      story.delivery(deliveries.length, delivery);
      if (delivery.answer.status === 200) arrived.dispatchEvent(new Event('accepted'));
    },
  });

  story.step('Starting Postback on an embedded Postgres');
  service = await start();
  story.detail(`ready at ${service.url}`);

  story.step('A client submits a contract');
  const accepted = once(arrived, 'accepted');
  const { status, body } = await call(service, 'POST', '/agent/analyze-document', {
    document_url: `${receiver.url}${CONTRACT}`,
    analysis_type: 'ip_clauses',
    webhook_url: `${receiver.url}/my-agent-callback`,
    webhook_secret: SECRET,
    metadata: { matter: 'Demo' },
  });
  story.submitted(status, body);

  story.step('The agent reads it, and the webhook finds its way');
  await Promise.race([accepted, service.ended.then(() => Promise.reject(new Error('The service ended.')))]);

  story.step('What the webhook says');
  const event = JSON.parse(deliveries.at(-1)!.body.toString());
  if (event.status !== 'completed') throw new Error(`The task ended as ${event.status}: ${event.error.message}`);
  story.findings(event.result);
  const task = await delivered(service, body.task_id);
  await receiver.stop();

  story.step('Checks');
  return story.checks({
    'submit answered 202 at once': status === 202,
    'two deliveries failed, the third was accepted': deliveries.map(({ answer }) => answer.status).join() === ANSWERS.join(),
    'x-webhook-signature verified each time': deliveries.every(({ verified }) => verified?.simple),
    'Standard Webhooks signature verified each time': deliveries.every(({ verified }) => verified?.standard),
    'one webhook-id and one body on all attempts':
      new Set(deliveries.map(({ headers, body: bytes }) => headers['webhook-id'] + bytes.toString())).size === 1,
    ...checkFindings(event.result),
    'the task shows the delivery': task.delivery?.status === 'delivered' && task.delivery.attempts === ANSWERS.length,
  });
}

async function start(): Promise<ServiceProcess> {
  const port = String(await freePort());
  const settings = {
    NODE_ENV: 'development',
    DATABASE_URL: '',
    PORT: port,
    POSTBACK_PUBLIC_URL: `http://127.0.0.1:${port}`,
    POSTBACK_DATA_DIR: packageRoot('.data/demo'),
    POSTBACK_BOOTSTRAP_API_KEY: API_KEY,
    POSTBACK_BOOTSTRAP_ADMIN_KEY: ADMIN_KEY,
    POSTBACK_EGRESS_ALLOW_HTTP: 'true',
    POSTBACK_EGRESS_ALLOW_CIDRS: '127.0.0.0/8',
    // the usual schedule takes hours: 0, 1, 2, 4 ... minutes become 0, 1, 2, 4 ... seconds
    POSTBACK_RETRY_BASE_MS: '1000',
  };
  return startService(settings, (line) => story.log(line));
}

// biome-ignore lint/suspicious/noExplicitAny: a client reads what the documentation says
async function call(to: ServiceProcess, method: string, path: string, body?: object): Promise<{ status: number; body: any }> {
  const headers = { authorization: `Bearer ${API_KEY}`, ...(body && { 'content-type': 'application/json' }) };
  const response = await fetch(to.url + path, { method, headers, body: body && JSON.stringify(body) });
  return { status: response.status, body: await response.json() };
}

/** The receiver's 200 is written down a moment after it was given. */
// biome-ignore lint/suspicious/noExplicitAny: a client reads what the documentation says
async function delivered(from: ServiceProcess, taskId: string): Promise<any> {
  for (let looks = 1; ; looks += 1) {
    const { body } = await call(from, 'GET', `/tasks/${taskId}`);
    if (body.delivery?.status === 'delivered' || looks === 100) return body;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
