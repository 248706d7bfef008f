import { mkdirSync } from 'node:fs';
import { afterAll, beforeAll, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { packageRoot } from '../../src/platform/package-root.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { Receiver } from '../support/receiver.js';
import { ServiceProcess, sql } from '../support/service.js';
import { openConsole, startBrowser, visit } from './browser.js';
import { admin, deadLetters, everyPage, SCENE_SETTINGS, submit } from './scene.js';

const FOLDER = packageRoot('docs/console');

let database: TestDatabase;
let service: ServiceProcess;
let browser: Browser;

beforeAll(async () => {
  mkdirSync(FOLDER, { recursive: true });
  database = await createTestDatabase();
  [service, browser] = await Promise.all([ServiceProcess.start(database, SCENE_SETTINGS, 'file'), startBrowser()]);
});

afterAll(async () => {
  await browser?.close();
  await service?.stop();
  await database?.drop();
});

it('takes a picture of each page, by day and by night', async () => {
  await setScene();
  const { context, page } = await openConsole(browser, service.url);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    for (const [name, path] of await everyPage(service)) {
      await visit(page, service.url, path);
      if (name === 'overview') await page.locator('.u-wrap').first().waitFor();
      if (name === 'task')
        await page
          .getByRole('list', { name: /^Events/ })
          .getByRole('listitem')
          .first()
          .waitFor();
      // the charts of the overview lie below what is urgent
      await page.screenshot({ path: `${FOLDER}/${name}-${colorScheme}.png`, fullPage: name === 'overview' });
    }
    await visit(page, service.url, '/dead-letters');
    await page.locator('tbody tr').first().getByRole('button', { name: 'Redeliver…' }).click();
    await page.getByRole('dialog').getByText('would be sent again').waitFor();
    await page.screenshot({ path: `${FOLDER}/dry-run-${colorScheme}.png` });
  }
  await context.close();
  await onAPhone();
});

async function onAPhone(): Promise<void> {
  const { context, page } = await openConsole(browser, service.url, { width: 390, height: 844 });
  await visit(page, service.url, '/dead-letters');
  await page.screenshot({ path: `${FOLDER}/phone-light.png` });
  await page
    .getByRole('button', { name: 'Sign out' })
    .or(page.getByRole('button', { name: 'Menu' }))
    .first()
    .click();
  await page.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click();
  await page.getByLabel('Admin key').waitFor();
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.screenshot({ path: `${FOLDER}/sign-in-${colorScheme}.png` });
  }
  await context.close();
}

/** A day on which two receivers fail. All of it is real but the figures of the hour before, which nobody waits for. */
async function setScene(): Promise<void> {
  const [shop, broken, gone] = await Promise.all([
    Receiver.at('127.0.0.1', 200),
    Receiver.at('127.0.0.2', (_, response) =>
      response.writeHead(500, { 'content-type': 'application/json' }).end('{"error":"disk full","host":"orders-2"}'),
    ),
    Receiver.at('127.0.0.3', 410),
  ]);
  await submit(service, 30, { webhook_url: shop.url('/postback/tasks'), progress_steps: 2 });
  await submit(service, 24, { webhook_url: broken.url('/orders/callback') });
  await submit(service, 6, { webhook_url: broken.url('/invoices/callback') });
  await submit(service, 3, { webhook_url: gone.url('/v1/legacy-hook') });
  await submit(service, 2, { fail: 'error' });
  await deadLetters(service, broken.url('/orders/callback'), 24);
  await deadLetters(service, gone.url('/v1/legacy-hook'), 3);
  await writeHistory();
  await admin(service, 'POST', '/admin/redeliveries', { filter: { dead_reason: 'gone' } });
  await eventually(async () => (await admin(service, 'GET', '/admin/redeliveries')).items[0]?.state === 'completed', 'the bulk redelivery');
  await admin(service, 'POST', '/admin/keys', { tenant: 'acme', name: 'CI of acme', scopes: ['submit', 'read'], expires_in: 7_776_000 });
  await submit(service, 1, { delay_ms: 120_000, progress_steps: 60 });
  await eventually(async () => (await admin(service, 'GET', '/admin/tasks?status=processing')).items[0]?.progress, 'progress');
}

const writeHistory = () =>
  sql(
    database,
    `INSERT INTO postback.activity (span_seconds, began_at, what, bucket, n)
     SELECT 60, date_bin('1 minute', now(), 'epoch') - make_interval(mins => m), what, bucket, n
       FROM generate_series(1, 60) AS m,
            LATERAL (VALUES ('attempt.delivered', 0, 90 + round(40 * sin(m / 7.0) + 11 * sin(m * 2.1))::int),
                            ('attempt.failed', 0, CASE WHEN m < 17 THEN 14 + (m * 7) % 9 ELSE (m * 5) % 3 END),
                            ('webhook.dead', 0, CASE WHEN m < 15 THEN 1 + m % 4 ELSE 0 END),
                            ('delivery.lag', 28 + m % 3, 60), ('delivery.lag', CASE WHEN m < 17 THEN 46 ELSE 35 END + m % 4, 8),
                            ('task.completed', 0, 80 + round(36 * sin(m / 7.0) + 9 * cos(m * 1.7))::int), ('task.error', 0, m % 4),
                            ('level.tasks_queued', 0, 4 + round(3 * sin(m / 5.0))::int), ('level.webhooks_waiting', 0, CASE WHEN m < 17 THEN 60 - 2 * m ELSE 6 + m % 5 END),
                            ('level.webhooks_held', 0, 0), ('level.webhooks_dead', 0, CASE WHEN m < 15 THEN 33 - 2 * m ELSE 1 END)) AS v (what, bucket, n)
      WHERE n > 0 OR what LIKE 'level.%'
     ON CONFLICT DO NOTHING`,
  );
