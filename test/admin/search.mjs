import assert from 'node:assert/strict';
import { button, enterKey, seen } from './browser.mjs';

/** The search finds a license by whatever somebody has of it, by keyboard alone. */
export async function search({ baseUrl, api, open, signIn, step }) {
  const page = await open();
  await signIn(page);
  const { data } = await api('GET', '/v1/licenses?q=Margaret');
  const { license_id, license_key_last_four } = data.find(({ trial }) => !trial);
  const { license_key } = await api('POST', `/v1/licenses/${license_id}/reveal-key`);
  const find = async (text, key = '/') => {
    await page.keyboard.press(key);
    await page.locator('[role=combobox]:focus').waitFor();
    await page.keyboard.type(text);
  };
  const ways = {
    'a license key': license_key,
    'the end of a key': license_key_last_four,
    'a license id': license_id,
    'a name': 'margaret h',
    'a device': 'device-3',
  };

  for (const [way, value] of Object.entries(ways)) {
    await step(`a license is found by ${way}`, async () => {
      await page.goto(`${baseUrl}/admin/dashboard`);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await find(value, way === 'a name' ? 'Control+k' : '/');
      await page.getByRole('option').first().waitFor();
      await page.getByText('Loading').waitFor({ state: 'detached' });
      const at = await page
        .getByRole('option')
        .evaluateAll((options) =>
          options.findIndex(({ innerText }) => /Margaret Hamilton · (?!.*Trial)|license key/.test(innerText)),
        );
      for (let steps = 0; steps < at; steps++) await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      await page.waitForURL(/\/licenses\/[0-9a-f-]{36}$/);
      await page.getByRole('heading', { name: /Margaret Hamilton/, level: 1 }).waitFor();
    });
  }

  await step('a license key is in no address, unless somebody says that it is none', async () => {
    await find(license_key.toLowerCase());
    await page.getByRole('option', { name: 'Find this license key' }).waitFor();
    await page.keyboard.press('Escape');
    await page.goto(`${baseUrl}/admin/licenses`);
    await page.getByLabel('Issued to …').fill(license_key);
    await seen(page, 'This may be a license key');
    await find('0a1b2c3d-0000-4000-8000-00000000000f', 'Control+k');
    await page.getByRole('option', { name: 'Search names and IDs for it' }).click();
    await seen(page, 'Nothing found');
    await page.keyboard.press('Escape');
  });

  await step('a customer, a page and nothing are found', async () => {
    await find('ada@example.com', 'Control+k');
    await page.getByRole('option', { name: /Ada Lovelace/ }).waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: /Ada Lovelace/, level: 1 }).waitFor();
    await find('Templ');
    await page.getByRole('option', { name: 'Templates' }).click();
    await page.getByRole('heading', { name: 'Templates', level: 1 }).waitFor();
    await find('nobody at all');
    await seen(page, 'Nothing found');
    await page.keyboard.press('Escape');
  });

  await step('a license is found without permission to see devices, and when one look-up fails', async () => {
    const { api_key } = await api('POST', '/v1/api-keys', { name: 'Shop', role: 'issuer' });
    const shop = await open();
    await shop.goto(`${baseUrl}/admin/`);
    await enterKey(shop, api_key);
    await shop.getByRole('heading', { name: 'Licenses', level: 1 }).waitFor();
    for (const [seeker, who] of [
      [shop, 'margaret h'],
      [page, 'barbara l'],
    ]) {
      await seeker.goto(`${baseUrl}/admin/licenses`);
      await seeker.getByRole('heading', { level: 1 }).waitFor();
      if (seeker === page) await page.route(/fingerprint=/, (route) => route.fulfill({ status: 403 }));
      await seeker.keyboard.press('/');
      await seeker.locator('[role=combobox]:focus').waitFor();
      await seeker.keyboard.type(who);
      await seeker
        .getByRole('option', { name: new RegExp(`${who}.* · `, 'i') })
        .first()
        .waitFor();
      assert.equal(await seeker.getByRole('dialog').getByRole('alert').count(), seeker === page ? 1 : 0);
      await seeker.keyboard.press('Escape');
    }
    await page.unroute(/fingerprint=/);
  });

  await step('a view is saved, and its columns are chosen', async () => {
    await page.goto(`${baseUrl}/admin/licenses?status=SUSPENDED`);
    await button(page, 'Views').click();
    await page.getByRole('menuitem', { name: 'Save this view' }).click();
    await page.getByLabel('Name').fill('Overdue');
    await button(page, 'Save').click();
    await button(page, 'Columns').click();
    await page.getByRole('menuitemcheckbox', { name: 'Issued' }).click();
    await page.keyboard.press('Escape');
    await page.getByRole('columnheader', { name: 'Issued', exact: true }).waitFor();
    await page.goto(`${baseUrl}/admin/licenses`);
    await page.getByRole('columnheader', { name: 'Issued', exact: true }).waitFor();
    await button(page, 'Views').click();
    await page.getByRole('menuitem', { name: 'Overdue' }).click();
    await page.waitForURL(/status=SUSPENDED/);
    await button(page, 'Overdue').waitFor();
    await page.getByRole('row', { name: /Grace Hopper/ }).waitFor();
    await page
      .getByRole('row', { name: /Ada Lovelace/ })
      .first()
      .waitFor({ state: 'detached' });
  });
}
