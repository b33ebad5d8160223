import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isAbsolute } from 'node:path';

const require = createRequire(new URL('../../packages/admin/package.json', import.meta.url));
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

/** Statuses of refusals that steps cause on purpose; Chromium logs each as an error. */
const REFUSALS = [400, 401, 403, 404, 409, 412, 415];
const REFUSED = /^Failed to load resource: the server responded with a status of (\d{3}) /;

/** Of a request whose answer a step loses, or whose server it stops. */
const BROKEN_OFF = /^Failed to load resource: net::ERR_/;

export async function launch() {
  const { CHROMIUM = 'chromium' } = process.env;
  const executablePath = isAbsolute(CHROMIUM)
    ? CHROMIUM
    : execFileSync('which', [CHROMIUM], { encoding: 'utf8' }).trim();
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] });
}

/** Within a longer text, and no part of a UUID. */
const LICENSE_KEY = /(?<![0-9a-f])[0-9a-f]{4}(?:-[0-9a-f]{4}){4}(?![0-9a-f])/i;

/**
 * A browser of its own, which notes what no page may do: errors, violations of the policy, requests to others than those that it may reach,
 * license keys in addresses, refusals other than `refusals`. Where `breaksOff`, requests may break off.
 */
export async function openBrowser(
  browser,
  baseUrl,
  { reaches = [], refusals = REFUSALS, breaksOff = false, ...options } = {},
) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, locale: 'en-GB', ...options });
  context.setDefaultTimeout(60_000);
  const faults = [];
  const isExpected = (text) =>
    refusals.includes(Number(REFUSED.exec(text)?.[1])) || (breaksOff && BROKEN_OFF.test(text));
  let page;
  // Tabs that the test itself opens elsewhere are no pages of ours.
  const isOurs = (each) => each === page || each?.url().startsWith(baseUrl);
  // The first request of a new tab comes before its page; our pages open it.
  const pageOf = (request) => {
    try {
      return request.frame().page();
    } catch {
      return page;
    }
  };
  await context.exposeBinding('noteViolation', (_source, text) => faults.push(`policy: ${text}`));
  await context.addInitScript(() =>
    document.addEventListener('securitypolicyviolation', (event) =>
      globalThis.noteViolation(
        `${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`,
      ),
    ),
  );
  context.on('console', (message) => {
    if (isOurs(message.page()) && ['error', 'warning'].includes(message.type()) && !isExpected(message.text()))
      faults.push(`console: ${message.text()}`);
  });
  context.on('weberror', (error) => faults.push(`error: ${error.error().stack}`));
  context.on('request', (request) => {
    const url = request.url();
    if (!isOurs(pageOf(request))) return;
    const isOwn = [baseUrl, ...reaches].some((origin) => url.startsWith(origin));
    if (!isOwn && !/^(?:data|blob):/.test(url)) faults.push(`foreign request: ${url}`);
    if (LICENSE_KEY.test(decodeURIComponent(url))) faults.push(`license key in an address: ${url}`);
  });
  page = await context.newPage();
  return { context, page, faults };
}

/** Returns what axe finds on a page, by the rules of WCAG 2.2 AA. */
export async function accessibilityFaults(page) {
  // A theme changes colours over a moment, and axe would measure them on the way.
  await page.evaluate(() => Promise.allSettled(document.getAnimations().map((animation) => animation.finished)));
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() =>
    globalThis.axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }),
  );
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
  );
}

/** Signs in by the API key at the page that is open. */
export async function enterKey(page, key) {
  await page.getByLabel('API key').fill(key);
  await page.getByRole('button', { name: 'Sign in with API key' }).click();
}

export const button = (page, name) => page.getByRole('button', { name, exact: true });
export const seen = (page, text) => page.getByText(text).first().waitFor();
