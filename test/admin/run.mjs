// The admin UI in a real browser against a real server. It needs Chromium, so it is no part of `npm test`:
//
//   npm run test:admin                              # with `chromium` from the PATH
//   CHROMIUM=/path/to/chrome npm run test:admin
//   npm run test:admin -- --smoke                   # the main flows and screens alone, as in .ci/run
//   npm run test:admin -- --only bulk               # these parts alone, with commas between them
//   npm run test:admin -- --screenshots FOLDER      # also writes a picture of each screen, in both themes
import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { enterKey, launch, openBrowser } from './browser.mjs';
import { bulk } from './bulk.mjs';
import { business } from './business.mjs';
import { disturbances } from './disturbances.mjs';
import { flows } from './flows.mjs';
import { importing } from './import.mjs';
import { keyboard } from './keyboard.mjs';
import { loads } from './loads.mjs';
import { prepare } from './scene.mjs';
import { search } from './search.mjs';
import { screens, smokeScreens } from './screens.mjs';
import { sessions } from './sessions.mjs';
import { startServer } from './server.mjs';

const PARTS = { flows, sessions, disturbances, keyboard, search, importing, bulk, business, loads, screens };

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { smoke: { type: 'boolean' }, screenshots: { type: 'boolean' }, only: { type: 'string' } },
});
const pictures = options.screenshots ? (positionals[0] ?? 'test-results/admin') : undefined;
const parts = options.only?.split(',') ?? Object.keys(PARTS);

const [server, browser] = await Promise.all([startServer(), launch()]);
const { baseUrl, adminKey } = server;
const opened = [];

async function openAt(url, reaches, options) {
  const one = await openBrowser(browser, url, { reaches, ...options });
  opened.push(one);
  return one.page;
}

const open = (options) => openAt(baseUrl, [], options);

async function signIn(page, key = adminKey) {
  await page.goto(`${baseUrl}/admin/`);
  await enterKey(page, key);
  await page.getByRole('heading', { name: 'Dashboard', level: 1 }).waitFor();
}

let passed = 0;
async function step(name, run) {
  const begun = performance.now();
  try {
    await run();
    passed++;
    console.log(`ok ${name} (${((performance.now() - begun) / 1_000).toFixed(1)} s)`);
  } catch (error) {
    console.error(`FAILED ${name}`);
    const pages = opened.flatMap(({ context }) => context.pages());
    for (const [index, page] of pages.entries())
      await page.screenshot({ path: join(tmpdir(), `admin-failed-${index}.png`) }).catch(() => undefined);
    throw error;
  }
}

try {
  await prepare(server);
  const tools = { ...server, open, openAt, signIn, step, pictures };
  if (options.smoke) {
    await flows({ ...tools, smokeStep: step, step: () => Promise.resolve() });
    const page = await open({ refusals: [] });
    await signIn(page);
    await smokeScreens({ ...tools, page });
  } else {
    for (const name of parts) await PARTS[name]({ ...tools, smokeStep: step });
  }
  await step('no page had an error, broke its policy, or asked another origin', () => {
    assert.deepEqual(
      opened.flatMap(({ faults }) => faults),
      [],
    );
  });
  console.log(`${passed} passed, 0 failed`);
} finally {
  await browser.close();
  await server.stop();
}
