import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { button, seen } from './browser.mjs';

const LICENSES = 10_000;
const CUSTOMER = 'customer-many';

/** Changes of many licenses: begun, broken off, resumed after another sign-in, exact. */
export async function bulk({ baseUrl, api, open, signIn, step }) {
  const page = await open();
  // Ten thousand changes take a while where other work runs beside them.
  page.setDefaultTimeout(180_000);
  const all = async () => {
    const lines = await api('GET', `/v1/licenses?customer_id=${CUSTOMER}&format=ndjson`);
    return new Map(
      lines
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
        .map((license) => [license.license_id, license]),
    );
  };
  const done = async () => Number(await page.getByRole('progressbar').getAttribute('aria-valuenow'));
  let before = new Map();

  await step(`${LICENSES} licenses are issued for the test`, async () => {
    await api('POST', '/v1/customers', { customer_id: CUSTOMER, first_name: 'Many' });
    const line = JSON.stringify({ license_template_id: 'studio', customer_id: CUSTOMER });
    await api('POST', '/v1/licenses:batch-issue', Array(LICENSES).fill(line).join('\n'));
    before = await all();
    assert.equal(before.size, LICENSES);
  });

  await step('all that match are selected, and their renewal begins', async () => {
    await signIn(page);
    await page.goto(`${baseUrl}/admin/licenses?customer_id=${CUSTOMER}`);
    await page.getByRole('checkbox', { name: 'Select Many' }).first().check();
    await button(page, 'Select all that match').click();
    await button(page, 'Renew').click();
    const dialog = page.getByRole('dialog', { name: 'Renew 10,000 licenses' });
    await dialog.getByLabel('Renew by').selectOption('1');
    await dialog.getByRole('button', { name: 'Renew' }).click();
    await page.getByRole('heading', { name: 'Renew: 10,000 licenses', level: 1 }).waitFor();
  });

  await step('it is broken off at half, and resumed after another sign-in', async () => {
    await page.waitForFunction(
      (half) => Number(document.querySelector('[role=progressbar]')?.getAttribute('aria-valuenow')) >= half,
      LICENSES / 2,
    );
    await page.context().clearCookies();
    await page.reload();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await signIn(page);
    await page.goto(`${baseUrl}/admin/licenses`);
    await seen(page, 'A bulk change is not finished.');
    await page.getByRole('link', { name: 'Show it' }).click();
    assert.ok((await done()) < LICENSES);
    await button(page, 'Resume').click();
    await button(page, 'Pause').click();
    await button(page, 'Resume').click();
    await seen(page, '10,000 of 10,000 done, 0 refused');
  });

  await step('each license was renewed once, and the result file says so', async () => {
    const after = await all();
    for (const [id, { version, expiry_date }] of before) {
      const renewed = new Date(expiry_date);
      renewed.setUTCMonth(renewed.getUTCMonth() + 1);
      assert.equal(after.get(id).version, version + 1);
      assert.equal(after.get(id).expiry_date, renewed.toISOString());
    }
    const [file] = await Promise.all([page.waitForEvent('download'), button(page, 'Result file').click()]);
    const [header, ...rows] = (await readFile(await file.path(), 'utf8')).trim().split('\r\n');
    assert.match(header, /^license_id,outcome,/);
    assert.deepEqual(
      new Set(rows.map((row) => row.split(',').slice(0, 2).join())),
      new Set([...before.keys()].map((id) => `${id},CHANGED`)),
    );
  });

  await step('what changed meanwhile is refused, and a revocation asks for the number', async () => {
    await page.goto(`${baseUrl}/admin/licenses?q=Barbara`);
    await page.getByRole('checkbox', { name: 'Select all that are shown' }).check();
    // Other parts have issued some, too.
    const { data } = await api('GET', '/v1/licenses?q=Barbara');
    const [count, { license_id }] = [data.length, data[0]];
    await api('PATCH', `/v1/licenses/${license_id}`, { grace_period_days: 3 });
    await button(page, 'Revoke').click();
    const dialog = page.getByRole('dialog', { name: `Revoke ${count} licenses` });
    const revoke = dialog.getByRole('button', { name: 'Revoke for good' });
    assert.equal(await revoke.isDisabled(), true);
    await dialog.getByLabel(`Type ${count}, the number of licenses`).fill(String(count));
    await revoke.click();
    await seen(page, `${count} of ${count} done, 1 refused`);
    await seen(page, 'Somebody else has changed it meanwhile: 1');
    assert.equal((await api('GET', `/v1/licenses/${license_id}`)).status, 'ACTIVE');
    await button(page, 'Remove').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await page.getByRole('heading', { name: 'Bulk changes', level: 1 }).waitFor();
  });

  await step('a list of 10,000 rows scrolls smoothly', async () => {
    await page.goto(`${baseUrl}/admin/licenses?customer_id=${CUSTOMER}`);
    await page.getByRole('row').nth(5).waitFor();
    const { rows, times } = await page.evaluate(scrollToEnd, LICENSES);
    const [usual, slowest] = [times[Math.floor(times.length / 2)], times.at(-1)].map(Math.round);
    console.log(`   ${rows} rows in the document, a frame takes ${usual} ms, the slowest took ${slowest} ms`);
    assert.ok(rows < 100, `${rows} rows in the document`);
    // Other work on the machine can make single frames slow.
    assert.ok(usual < 100, `a frame takes ${usual} ms`);
  });

  await step('a list without an end is paged through by cursor, ten thousand rows at a time', async () => {
    const cursors = [];
    await page.route(/\/v1\/customers\?/, async (route) => {
      const { searchParams } = new URL(route.request().url());
      const [from, limit] = [Number(searchParams.get('cursor') ?? 0), Number(searchParams.get('limit'))];
      cursors.push(from);
      await route.fulfill({
        json: {
          data: Array.from({ length: limit }, (_, row) => fakeCustomer(from + row)),
          next_cursor: String(from + limit),
        },
      });
    });
    await page.goto(`${baseUrl}/admin/customers`);
    await page.getByRole('row').nth(5).waitFor();
    const { rows } = await page.evaluate(scrollToEnd, LICENSES);
    assert.ok(rows < 100, `${rows} rows in the document`);
    await page.evaluate(scrollUntil, '[aria-label="Parts of the list"]');
    assert.deepEqual(
      cursors,
      Array.from({ length: LICENSES / 50 }, (_, index) => 50 * index),
    );
    await page.getByText('Rows 1 to 10,000').waitFor();
    await button(page, 'Further rows').click();
    await page.getByRole('link', { name: 'Customer 10000', exact: true }).waitFor();
    assert.equal(cursors.at(-1), LICENSES);
    await button(page, 'Earlier rows').click();
    await page.getByRole('link', { name: 'Customer 0', exact: true }).waitFor();
  });
}

function fakeCustomer(number) {
  const at = '2026-01-01T00:00:00.000Z';
  const customer_id = `customer-${number}`;
  return { customer_id, first_name: 'Customer', last_name: String(number), active: true, created_at: at, version: 1 };
}

/** Scrolls down until the document has such an element. */
async function scrollUntil(selector) {
  while (!document.querySelector(selector)) {
    scrollTo(0, document.documentElement.scrollHeight);
    await new Promise((resolve) => requestAnimationFrame(resolve));
  }
}

/** Loads all pages by scrolling, then scrolls through them. Returns the times of the frames, the shortest first. */
async function scrollToEnd(count) {
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  const height = () => document.documentElement.scrollHeight;
  while (height() < count * 45) {
    scrollTo(0, height());
    await frame();
  }
  const times = [];
  for (let top = 0; top < height(); top += height() / 120) {
    scrollTo(0, top);
    times.push(await frame());
  }
  const gaps = times.slice(1).map((time, index) => time - times[index]);
  return { rows: document.querySelectorAll('tbody tr').length, times: gaps.sort((one, other) => one - other) };
}
