import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { Receiver } from '../support/receiver.js';
import { ADMIN_KEY, ServiceProcess, sql } from '../support/service.js';
import { openConsole, startBrowser, visit, watch } from './browser.js';
import { admin, deadLetters, everyPage, SCENE_SETTINGS, submit } from './scene.js';

let database: TestDatabase;
let service: ServiceProcess;
let browser: Browser;

beforeAll(async () => {
  database = await createTestDatabase();
  [service, browser] = await Promise.all([ServiceProcess.start(database, SCENE_SETTINGS, 'file'), startBrowser()]);
});

afterAll(async () => {
  await browser?.close();
  await service?.stop();
  await database?.drop();
});

describe('the console', () => {
  it('leads a woken admin from the alert to the drained endpoint', async () => {
    const receiver = await Receiver.start((_, response) => response.writeHead(500).end('the disk is full'));
    await submit(service, 24, { webhook_url: receiver.url('/orders') });
    await deadLetters(service, receiver.url('/orders'), 24);
    const { context, page, sins } = await openConsole(browser, service.url);

    const alert = page.locator('.alerts li', { hasText: new URL(receiver.url()).host });
    await alert.getByText('are dead (exhausted)').waitFor();
    await alert.getByRole('link', { name: 'Dead letters' }).click();

    const group = page.locator('tbody tr', { hasText: '/orders' });
    await group.getByText('The receiver answered 500.').waitFor();
    expect(await group.textContent()).toMatch(/exhausted[\s\S]*24[\s\S]*(s|min)[\s\S]*last/);
    await group.getByRole('link', { name: 'Rows' }).click();
    await page.getByRole('heading', { name: 'Deliveries' }).waitFor();
    await page.locator('tbody tr').first().getByRole('link').first().click();
    await page.getByText('the disk is full').first().waitFor();
    await page.goBack();
    await page.goBack();

    receiver.answerWith(200);
    await group.getByRole('button', { name: 'Redeliver…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('24 dead webhooks would be sent again').waitFor();
    expect((await admin(service, 'GET', '/admin/outbox?status=dead&limit=100')).items).toHaveLength(24);
    await dialog.getByRole('button', { name: 'Redeliver 24' }).click();
    await page.getByText('Drained: nothing is left for this endpoint.').waitFor();
    await page.getByRole('link', { name: 'Dead letters' }).first().click();
    await page.getByText('No dead letters.').waitFor();

    const { items } = await admin(service, 'GET', '/admin/outbox?status=delivered&limit=100');
    expect(items).toHaveLength(24);
    expect(sins).toEqual([]);
    await context.close();
  });

  it('redelivers one, and the selected', async () => {
    const receiver = await Receiver.start(500);
    await submit(service, 5, { webhook_url: receiver.url('/picked') });
    await deadLetters(service, receiver.url('/picked'), 5);
    receiver.answerWith(200);
    const { context, page } = await openConsole(browser, service.url);

    await visit(page, service.url, '/deliveries?status=dead');
    const ticks = page.locator('tbody input[type=checkbox]');
    await ticks.nth(0).check();
    await ticks.nth(1).check();
    await page.getByRole('button', { name: 'Redeliver 2 selected…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Redeliver 2' }).click();
    await page.getByRole('heading', { name: 'Bulk redelivery' }).waitFor();
    await deadLetters(service, receiver.url('/picked'), 3);

    const [one] = (await admin(service, 'GET', '/admin/outbox?status=dead')).items; // the newest are its own
    await visit(page, service.url, `/deliveries/${one.id}`);
    await page.getByRole('button', { name: 'Redeliver…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Redeliver' }).click();
    await page.getByText('It is on its way.').waitFor();
    await deadLetters(service, receiver.url('/picked'), 2);
    await context.close();
  });

  it('cancels a bulk redelivery, and does a task again', async () => {
    const receiver = await Receiver.start(500);
    await submit(service, 30, { webhook_url: receiver.url('/many') });
    await deadLetters(service, receiver.url('/many'), 30);
    receiver.answerWith(200);
    const [{ endpoint_id: endpoint, task_id: task }] = (await admin(service, 'GET', '/admin/outbox?status=dead')).items;
    const { context, page } = await openConsole(browser, service.url);

    await visit(page, service.url, `/dead-letters?endpoint_id=${endpoint}`);
    await page.getByRole('button', { name: 'Redeliver all that match…' }).click();
    await page.getByRole('dialog').getByLabel('At most per second').fill('1');
    await page.getByRole('dialog').getByRole('button', { name: 'Redeliver 30' }).click();
    await page.getByRole('heading', { name: 'Bulk redelivery' }).waitFor();
    await page.getByRole('button', { name: 'Cancel the rest' }).click();
    await page.getByText('canceled', { exact: true }).waitFor();
    const [batch] = (await admin(service, 'GET', '/admin/redeliveries')).items;
    expect([batch.state, batch.redelivered < 30]).toEqual(['canceled', true]);

    await visit(page, service.url, `/tasks/${task}`);
    await page.getByRole('button', { name: 'Retry…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Retry' }).click();
    await page.waitForURL((url) => /\/tasks\/.+/.test(url.pathname) && !url.pathname.endsWith(task));
    const again = page.url().split('/').at(-1)!;
    expect((await admin(service, 'GET', `/admin/tasks/${again}`)).retried_from).toBe(task);

    // nothing of it is left for the tests behind this one
    await admin(service, 'POST', '/admin/redeliveries', { filter: { endpoint_id: endpoint } });
    await eventually(async () => {
      const { waiting, dead } = await admin(service, 'GET', `/admin/endpoints/${endpoint}`);
      return waiting + dead === 0 && (await admin(service, 'GET', `/admin/outbox?task_id=${again}`)).items[0]?.status === 'delivered';
    }, 'all to be delivered');
    await context.close();
    await receiver.stop();
  });

  it('shows older rows, page by page', async () => {
    await submit(service, 60, {});
    const { context, page } = await openConsole(browser, service.url);
    await visit(page, service.url, '/tasks');
    const shown = async () => {
      await page.locator('tbody tr').first().waitFor();
      return page.evaluate<string[]>("[...document.querySelectorAll('tbody td:first-child a')].map((link) => link.getAttribute('href'))");
    };
    const first = await shown();
    expect(first).toHaveLength(50);
    await page.getByRole('button', { name: 'Older' }).click();
    await page.waitForURL(/cursor=/);
    await page.locator(`tbody a[href="${first[0]}"]`).waitFor({ state: 'detached' });
    const second = await shown();
    expect(second.length).toBeGreaterThanOrEqual(10);
    expect(second.filter((href) => first.includes(href))).toEqual([]);
    await context.close();
  });

  it('pauses an endpoint, moves it, tests it and resumes it', async () => {
    const [former, next] = await Promise.all([Receiver.start(500), Receiver.start(200)]);
    await submit(service, 1, { webhook_url: former.url('/moving') });
    const endpoint = await eventually(async () => {
      const { items } = await admin(service, 'GET', '/admin/endpoints');
      return items.find(({ url, dead }: { url: string; dead: number }) => url === former.url('/moving') && dead === 1);
    }, 'the endpoint');
    const { context, page } = await openConsole(browser, service.url);
    await visit(page, service.url, `/endpoints/${endpoint.id}`);

    await page.getByRole('button', { name: 'Pause…' }).click();
    await page.getByLabel('Reason').fill('<b>moving house</b>');
    await page.getByRole('dialog').getByRole('button', { name: 'Pause' }).click();
    await page.getByText('<b>moving house</b>').waitFor();

    await page.getByRole('button', { name: 'Edit URL…' }).click();
    await page.getByRole('textbox', { name: 'URL' }).fill('ftp://nowhere');
    await page.getByRole('button', { name: 'Change the URL' }).click();
    await page.getByRole('dialog').getByRole('alert').waitFor();
    await page.getByRole('textbox', { name: 'URL' }).fill(next.url('/moved'));
    await page.getByRole('button', { name: 'Change the URL' }).click();
    await page.locator('.lead', { hasText: '/moved' }).waitFor();

    await page.getByRole('button', { name: 'Send a test…' }).click();
    await page.getByRole('button', { name: 'Send it' }).click();
    await page.getByText('The receiver took it.').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();

    await page.getByRole('button', { name: 'Resume…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Resume' }).click();
    await page.getByRole('button', { name: 'Pause…' }).waitFor();
    expect((await admin(service, 'GET', `/admin/endpoints/${endpoint.id}`)).state).toBe('active');
    await context.close();
  });

  it('shows the progress of a task as it is made, and cancels it', async () => {
    const [task] = await submit(service, 1, { delay_ms: 60_000, progress_steps: 200 });
    const { context, page } = await openConsole(browser, service.url);
    await page.keyboard.press('/');
    await page.keyboard.type(task!);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Task: echo' }).waitFor();
    await page
      .locator('.events')
      .getByText(/Step \d+ of 200/)
      .nth(1)
      .waitFor();
    await page.getByRole('button', { name: 'Cancel…' }).click();
    await page.getByRole('button', { name: 'Cancel the task' }).click();
    await page.locator('h2').getByText('canceled').waitFor();
    await context.close();
  });

  it('shows a key once, takes an alert on, and signs out', async () => {
    await oneOfEach();
    const { context, page } = await openConsole(browser, service.url);
    await visit(page, service.url, '/keys');
    await page.getByRole('button', { name: 'New key…' }).click();
    await page.getByLabel('Tenant').last().fill('acme');
    await page.getByLabel('Name').fill('CI of acme');
    await page.getByRole('button', { name: 'Make it' }).click();
    const key = await page.locator('.once code').textContent();
    expect(key).toMatch(/^pb_/);
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
    await page.locator('tbody tr', { hasText: 'CI of acme' }).waitFor();
    expect(await page.content()).not.toContain(key!);

    await visit(page, service.url, '/alerts?state=open');
    await page.getByRole('button', { name: 'Acknowledge' }).first().click();
    await page.getByRole('dialog').getByRole('button', { name: 'Acknowledge' }).click();
    await eventually(
      async () => (await admin(service, 'GET', '/admin/alerts?state=acknowledged')).items.length > 0,
      'the alert to be taken on',
    );

    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Admin key').waitFor();
    expect(await context.cookies()).toEqual([]);
    await context.close();
  });

  it('asks to sign in again when the session is over, and stays where one was', async () => {
    const { context, page } = await openConsole(browser, service.url);
    await visit(page, service.url, '/deliveries?status=dead');
    await context.clearCookies();
    await page.getByLabel('Admin key').waitFor();
    await page.getByLabel('Admin key').fill(ADMIN_KEY);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Deliveries' }).waitFor();
    expect(new URL(page.url()).search).toBe('?status=dead');
    await context.close();
  });

  it('says so when a page cannot be loaded, and goes on elsewhere', async () => {
    const { context, page } = await openConsole(browser, service.url);
    await context.route(/assets\/tasks-/, (route) => route.abort());
    await page.getByRole('link', { name: 'Tasks', exact: true }).click();
    await page.getByRole('alert').getByText('This page could not be loaded.').waitFor();
    await page.getByRole('link', { name: 'Endpoints', exact: true }).click();
    await page.getByRole('heading', { name: 'Endpoints', exact: true }).waitFor();
    await page.getByRole('link', { name: 'Tasks', exact: true }).click();
    await context.unroute(/assets\/tasks-/);
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('heading', { name: 'Tasks', exact: true }).waitFor();
    await context.close();
  });

  it('can be signed in to, skipped through and searched by the keyboard alone', async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`${service.url}/console`);
    await page.getByLabel('Admin key').waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.type('not-a-key-of-anybody');
    await page.keyboard.press('Enter');
    await page.getByText('This API key is not known, has expired or was revoked.').waitFor();
    await page.keyboard.press('Control+A');
    await page.keyboard.type(ADMIN_KEY);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    await page.keyboard.press('Tab');
    await page.getByText('Skip to the content').and(page.locator(':focus')).waitFor();
    await page.keyboard.press('Enter');
    await page.waitForFunction("location.hash === '#main'");
    await page.keyboard.press('/');
    await page.locator('input[type=search]:focus').waitFor();
    await context.close();
  });

  it('shows what others wrote as text, and runs nothing of it', async () => {
    const evil = '<script>window.pwned=1</script><img src=x onerror="window.pwned=1">';
    const receiver = await Receiver.start((_, response) => response.writeHead(500, { 'content-type': 'text/html' }).end(evil));
    const [task] = await submit(service, 1, { payload: { evil }, metadata: { evil }, webhook_url: receiver.url('/evil') });
    const row = await eventually(
      async () => (await admin(service, 'GET', `/admin/outbox?task_id=${task}&status=dead`)).items[0],
      'the dead row',
    );
    const url = `javascript://127.0.0.1/${evil}`;
    await sql(database, 'UPDATE postback.webhook_outbox SET url = $2, last_error = $3 WHERE id = $1', [row.id, url, evil]);
    const { context, page, sins } = await openConsole(browser, service.url);
    for (const path of ['/', '/dead-letters', '/deliveries', `/deliveries/${row.id}`, `/tasks/${task}`]) {
      await visit(page, service.url, path);
      await page.getByText('<script>window.pwned=1</script>').first().waitFor();
      expect(await page.evaluate('window.pwned ?? null')).toBeNull();
      expect(await page.locator('[href^="javascript" i], main script, main img').count()).toBe(0);
    }
    expect(sins).toEqual([]);
    await context.close();
  });

  it('has no serious fault of accessibility on any page, by day and by night', async () => {
    await oneOfEach();
    const { context, page, sins } = await openConsole(browser, service.url);
    const faults: Record<string, string[]> = {};
    const look = async (name: string) => {
      await page.emulateMedia({ colorScheme: 'light' });
      const byDay = await seriousFaults(page);
      await page.emulateMedia({ colorScheme: 'dark' });
      const byNight = await seriousFaults(page, ['color-contrast']); // nothing but colours changes
      if (byDay.length > 0) faults[`${name}, light`] = byDay;
      if (byNight.length > 0) faults[`${name}, dark`] = byNight;
    };
    for (const [name, path] of await everyPage(service)) {
      await visit(page, service.url, path);
      await look(name);
    }
    await visit(page, service.url, '/deliveries?status=dead');
    await page.getByRole('button', { name: 'Redeliver all that match…' }).click();
    await page.getByRole('dialog').getByText('would be sent again').waitFor();
    await look('dialog');
    expect(faults).toEqual({});
    expect(sins).toEqual([]);
    await context.close();
  });

  it('fits a phone of 390 px, and its menu leads everywhere', async () => {
    await oneOfEach();
    const { context, page } = await openConsole(browser, service.url, { width: 390, height: 844 });
    const wide: string[] = [];
    for (const [name, path] of await everyPage(service)) {
      await visit(page, service.url, path);
      const width = await page.evaluate('document.documentElement.scrollWidth');
      if (width !== 390) wide.push(`${name}: ${width}`);
    }
    expect(wide).toEqual([]);
    await page.getByRole('button', { name: 'Menu' }).click();
    await page.getByRole('dialog').getByRole('link', { name: 'Endpoints' }).click();
    await page.getByRole('heading', { name: 'Endpoints', exact: true }).waitFor();
    await context.close();
  });

  it('loads less than 250 KB before the first page is there', async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    const sins = watch(page, service.url);
    await page.goto(`${service.url}/console`);
    await page.getByLabel('Admin key').fill(ADMIN_KEY);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    await page.locator('.u-wrap').first().waitFor();
    const bytes = await page.evaluate(
      "performance.getEntries().filter(({ name }) => name.includes('/console')).reduce((sum, { encodedBodySize }) => sum + (encodedBodySize ?? 0), 0)",
    );
    process.stdout.write(`The first load of the console: ${Math.round(Number(bytes) / 1000)} KB as they are sent.\n`);
    expect(bytes).toBeGreaterThan(20_000);
    expect(bytes).toBeLessThan(250_000);
    expect(sins).toEqual([]);
    await context.close();
  });
});

async function seriousFaults(page: Page, rules?: string[]): Promise<string[]> {
  if (await page.evaluate('!("axe" in window)')) await page.evaluate(axe.source);
  const options: axe.RunOptions = { resultTypes: ['violations'], ...(rules && { runOnly: rules }) };
  const { violations } = (await page.evaluate(`axe.run(document, ${JSON.stringify(options)})`)) as axe.AxeResults;
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')} ${failureSummary}`));
}

/** So that every page has something to show, whichever tests ran before. */
async function oneOfEach(): Promise<void> {
  if ((await admin(service, 'GET', '/admin/outbox?status=dead')).items.length === 0) {
    const receiver = await Receiver.start(500);
    await submit(service, 1, { webhook_url: receiver.url('/dead') });
    await deadLetters(service, receiver.url('/dead'), 1);
    await receiver.stop();
  }
  if ((await admin(service, 'GET', '/admin/redeliveries')).items.length > 0) return;
  await admin(service, 'POST', '/admin/redeliveries', { filter: { tenant: 'nobody' } });
}
