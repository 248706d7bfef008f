import { existsSync } from 'node:fs';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { ADMIN_KEY } from '../support/service.js';

const CHROMIUM = process.env.POSTBACK_CHROMIUM ?? '/usr/bin/chromium';

const QUIET = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A new profile each time; it is gone with the browser. */
export function startBrowser(): Promise<Browser> {
  if (!existsSync(CHROMIUM))
    throw new Error(`There is no ${CHROMIUM}. Install it (apt-get install chromium), or name another in POSTBACK_CHROMIUM.`);
  return chromium.launch({ executablePath: CHROMIUM, headless: true, chromiumSandbox: false, args: QUIET });
}

/** What a page did that it must not: scripts that failed, what the policy refused, requests to others. */
export function watch(page: Page, origin: string): string[] {
  const sins: string[] = [];
  page.on('pageerror', (error) => sins.push(`error: ${error.message}`));
  page.on('console', (message) => {
    if (/Content Security Policy/i.test(message.text())) sins.push(`policy: ${message.text()}`);
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(`${origin}/`) && !request.url().startsWith('data:')) sins.push(`request: ${request.url()}`);
  });
  return sins;
}

export async function signIn(page: Page, origin: string): Promise<void> {
  await page.goto(`${origin}/console`);
  await page.getByLabel('Admin key').fill(ADMIN_KEY);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
}

/** Signed in, and with an eye on it. */
export async function openConsole(
  browser: Browser,
  origin: string,
  size = { width: 1280, height: 800 },
): Promise<{ context: BrowserContext; page: Page; sins: string[] }> {
  const context = await browser.newContext({ viewport: size, reducedMotion: 'reduce' });
  context.setDefaultTimeout(15_000); // a busy machine is no fault
  const page = await context.newPage();
  const sins = watch(page, origin);
  await signIn(page, origin);
  return { context, page, sins };
}

/** At an address within the console, with everything on it there. */
export async function visit(page: Page, origin: string, path: string): Promise<void> {
  await page.goto(`${origin}/console${path}`);
  await page.locator('main h1').waitFor();
  await page.locator('.loading').first().waitFor({ state: 'detached' });
}
