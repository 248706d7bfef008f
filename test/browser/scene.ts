import { eventually } from '../support/eventually.js';
import { ADMIN_KEY, call, type ServiceProcess } from '../support/service.js';

/** Every retry is over in a moment, and rules look often. */
export const SCENE_SETTINGS = {
  POSTBACK_RETRY_MAX_RETRIES: '2',
  POSTBACK_KEY_MAX_IN_FLIGHT: '1000',
};

// biome-ignore lint/suspicious/noExplicitAny: tests read what they expect
export const admin = async (service: ServiceProcess, method: string, path: string, body?: unknown): Promise<any> =>
  (await call(method, service.url + path, { key: ADMIN_KEY, body })).body;

/** Ids of tasks that end at once and tell `url`. */
export async function submit(service: ServiceProcess, count: number, fields: object): Promise<string[]> {
  const answers = await Promise.all(
    Array.from({ length: count }, (_, order) =>
      call('POST', `${service.url}/agent/echo`, {
        body: {
          payload: { order, total: 129.9 },
          metadata: { order },
          ...('webhook_url' in fields && { webhook_secret: 'a secret of the receiver' }),
          ...fields,
        },
      }),
    ),
  );
  return answers.map(({ body, text }) => {
    if (typeof body?.task_id !== 'string') throw new Error(`A submit was refused: ${text}`);
    return body.task_id;
  });
}

/** Resolves once there are so many dead letters to a URL. */
export const deadLetters = (service: ServiceProcess, url: string, count: number): Promise<true> =>
  eventually(
    async () => {
      const { items } = await admin(service, 'GET', '/admin/outbox?status=dead&limit=100');
      return items.filter((row: { url: string }) => row.url === url).length === count && (true as const);
    },
    `${count} dead letters to ${url}`,
    60_000,
  );

/** Every page of the console, with an id where it needs one. */
export async function everyPage(service: ServiceProcess): Promise<[name: string, path: string][]> {
  const first = async (path: string) => (await admin(service, 'GET', path)).items[0];
  const [dead, task, batch] = await Promise.all([first('/admin/outbox?status=dead'), first('/admin/tasks'), first('/admin/redeliveries')]);
  return [
    ['overview', '/'],
    ['dead-letters', '/dead-letters'],
    ['redelivery', `/redeliveries/${batch.id}`],
    ['deliveries', '/deliveries?status=dead'],
    ['delivery', `/deliveries/${dead.id}`],
    ['endpoints', '/endpoints'],
    ['endpoint', `/endpoints/${dead.endpoint_id}`],
    ['tasks', '/tasks'],
    ['task', `/tasks/${task.task_id}`],
    ['alerts', '/alerts'],
    ['keys', '/keys'],
    ['audit', '/audit'],
    ['search', `/search?q=${dead.event_id}`],
  ];
}
