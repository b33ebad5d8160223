import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { button, seen } from './browser.mjs';

/** The work of every day, from the sign-in to the sign-out. The smoke test takes the steps that are marked. */
export async function flows({ baseUrl, adminKey, api, signInLink, open, signIn, step, smokeStep }) {
  const page = await open();
  let licenseId = '';

  await step('a browser is led to the sign-in page, which says why a key is refused', async () => {
    await page.goto(`${baseUrl}/`);
    await page.waitForURL(`${baseUrl}/admin/`);
    await page.getByLabel('API key').fill(`imp_${'A'.repeat(38)}`);
    await button(page, 'Sign in with API key').click();
    await seen(page, 'This API key is not valid.');
  });

  await smokeStep('a link signs in once, and its code leaves the address', async () => {
    const link = await signInLink();
    await page.goto('about:blank');
    await page.goto(link);
    await page.getByRole('heading', { name: 'Dashboard', level: 1 }).waitFor();
    assert.equal(page.url().includes('code='), false);
    const other = await open();
    await other.goto(link);
    await seen(other, 'The link was used already');
  });

  await smokeStep('a license is issued, and its key shown once', async () => {
    await page.getByRole('link', { name: 'Issue license' }).click();
    await page.getByRole('button', { name: /^Studio/ }).click();
    await page.getByRole('combobox').fill('Ada');
    await page.getByRole('option', { name: /Ada Lovelace/ }).click();
    await button(page, 'Next').click();
    await seen(page, '"license_template_id":"studio"');
    await page.getByLabel('Seats').fill('0');
    await page.locator('[aria-invalid=true]').waitFor();
    await page.getByLabel('Seats').fill('2');
    await seen(page, '"overrides":{"max_activations":2}');
    await seen(page, 'The program may run once its device is activated');
    await button(page, 'Issue license').click();
    await seen(page, 'The license is issued');
    assert.match(await page.locator('[data-license-key]').innerText(), /^[0-9A-F]{4}(-[0-9A-F]{4})+$/);
    await page.getByRole('link', { name: 'Open license' }).click();
    await page.getByRole('heading', { name: /Ada Lovelace/, level: 1 }).waitFor();
    licenseId = new URL(page.url()).pathname.split('/').at(-1);
  });

  await smokeStep('a refusal is explained, a seat freed, the device activated', async () => {
    for (const device of ['laptop', 'desktop'])
      await api('POST', `/v1/licenses/${licenseId}/activations`, { fingerprint: device, name: device });
    await page.getByRole('tab', { name: 'Explain' }).click();
    await page.getByLabel('Device').fill('tablet');
    await button(page, 'Explain').click();
    await seen(page, 'The program may not run');
    await seen(page, 'All seats are taken');
    await button(page, 'Release a device').click();
    await page
      .getByRole('row', { name: /laptop/ })
      .getByRole('button', { name: 'Release' })
      .click();
    await page.getByRole('dialog').getByRole('button', { name: 'Release' }).click();
    await seen(page, 'The seat is free.');
    await page.getByRole('tab', { name: 'Explain' }).click();
    await page.getByLabel('Device').fill('tablet');
    await button(page, 'Explain').click();
    await button(page, 'Activate this device').click();
    await seen(page, 'The program may run');
  });

  await step(
    'a device that was refused lately is explained by one click, and the verdict outlives another tab',
    async () => {
      const { data } = await api('GET', '/v1/licenses?q=Margaret&limit=10');
      const full = data.find(({ trial }) => !trial);
      const other = await page.context().newPage();
      await other.goto(`${baseUrl}/admin/licenses/${full.license_id}?tab=explain`);
      await other.getByRole('button', { name: /^one-too-many/ }).click();
      await seen(other, 'All seats are taken');
      await other.getByRole('tab', { name: 'Devices' }).click();
      await other.getByRole('tab', { name: 'Explain' }).click();
      await seen(other, 'All seats are taken');
      assert.equal(await other.getByLabel('Device').inputValue(), 'one-too-many');
      const order = { license_template_id: 'studio', customer_id: 'customer-10', starts: '2090-03-01T12:00:00Z' };
      const { license_id } = await api('POST', '/v1/licenses', order);
      await other.goto(`${baseUrl}/admin/licenses/${license_id}?tab=explain`);
      await seen(other, /^It starts in \d+ years: programs are refused until then/);
      await button(other, 'Explain').click();
      await other.locator('main time[datetime="2090-03-01T12:00:00.000Z"]').last().waitFor();
      await button(other, 'Enter the device').click();
      assert.equal(await other.evaluate(() => document.activeElement.getAttribute('name')), 'fingerprint');
      await other.close();
    },
  );

  await step('usage is shown by its limit, and corrected with a reason', async () => {
    const other = await page.context().newPage();
    await api('POST', '/v1/license-templates', {
      template_id: 'metered',
      template_name: 'Metered',
      product_id: 'ISP-PRO-001',
      license_type: 'PERPETUAL',
      license_model: 'SITE_LICENSE',
      features: [{ feature_id: 'calls', feature_name: 'Calls', limit_value: 100, reset_period: 'MONTH' }],
    });
    const order = { license_template_id: 'metered', customer_id: 'customer-10' };
    const { license_id } = await api('POST', '/v1/licenses', order);
    await other.goto(`${baseUrl}/admin/licenses/${license_id}?tab=usage`);
    await seen(other, '0 of 100');
    await button(other, 'Correct the usage of Calls').click();
    await other.getByRole('dialog').getByLabel('Used').fill('40');
    await other.getByRole('dialog').getByLabel('Note').fill('counted twice');
    await button(other, 'Correct').click();
    await seen(other, '40 of 100');
    await other.getByRole('tab', { name: 'Timeline' }).click();
    await seen(other, /counted twice/);
    // Of a period that is over.
    const january = '2026-01-01T00:00:00.000Z';
    const former = { feature_id: 'calls', period_start: january, used: 7, current: false, updated_at: january };
    await other.route(`**/v1/licenses/${license_id}/usage`, (route) =>
      route.fulfill({ json: { license_id, usage: [former] } }),
    );
    await other.goto(`${baseUrl}/admin/licenses/${license_id}?tab=usage`);
    const row = other.getByRole('region', { name: 'Former periods' }).getByRole('row', { name: /Calls/ });
    assert.match(await row.innerText(), /1 Jan 2026\s+7/);
    await row.getByRole('button').click();
    await other.getByRole('dialog').getByLabel('Used').fill('5');
    await button(other, 'Correct').click();
    await seen(other, /must be the start of a period with usage/);
    await other.close();
  });

  await step('every fact that decides can be told', async () => {
    const other = await page.context().newPage();
    await api('POST', '/v1/license-templates', {
      template_id: 'site-bound',
      template_name: 'For one site',
      product_id: 'ISP-PRO-001',
      license_type: 'PERPETUAL',
      license_model: 'SITE_LICENSE',
      restrictions: [{ restriction_type: 'DOMAIN', operator: 'ALLOW', values: ['app.example.com'] }],
    });
    const order = { license_template_id: 'site-bound', customer_id: 'customer-10' };
    const { license_id } = await api('POST', '/v1/licenses', order);
    await other.goto(`${baseUrl}/admin/licenses/${license_id}?tab=explain`);
    await button(other, 'Explain').click();
    await button(other, 'Enter the domain').click();
    assert.equal(await other.evaluate(() => document.activeElement.getAttribute('name')), 'domain');
    await other.keyboard.type('app.example.com');
    await other.keyboard.press('Enter');
    await seen(other, 'The program may run');
    await other.close();
  });

  await step('a license is issued to a customer that is made on the way, and nobody leaves by mistake', async () => {
    const other = await page.context().newPage();
    await other.goto(`${baseUrl}/admin/issue`);
    await other.getByRole('searchbox').fill('Stud');
    await other.getByRole('button', { name: /^Studio/ }).click();
    // Another system may keep the customers: then nothing is found here, and the id is taken as it is.
    await other.getByRole('combobox', { name: 'Customer' }).fill('kept-elsewhere-7');
    await other.getByRole('option', { name: /ID kept-elsewhere-7/ }).click();
    await seen(other, '"customer_id":"kept-elsewhere-7"');
    await button(other, 'New customer').click();
    await other.getByLabel('Company').fill('On The Way Ltd');
    await button(other, 'Create customer').click();
    await seen(other, 'Check and issue');
    // A trial is of one template: another one, which allows none, has no box to take it back.
    await other.getByLabel('Trial').check();
    await seen(other, '"trial":true');
    await other.getByRole('button', { name: /Template$/ }).click();
    await other.getByRole('searchbox').fill('Professional');
    await other.getByRole('button', { name: /^Professional/ }).click();
    await button(other, 'Next').click();
    await other.getByText('"trial":true').waitFor({ state: 'hidden' });
    await other.getByLabel('Starts').selectOption('AT_FIRST_ACTIVATION');
    await other.getByRole('navigation').getByRole('link', { name: 'Licenses' }).click();
    await seen(other, 'Leave this page?');
    await button(other, 'Stay').click();
    await button(other, 'Issue license').click();
    await seen(other, 'The license is issued');
    await seen(other, 'On The Way Ltd');
    // It has no expiry yet, which is not the same as none at all.
    await seen(other, 'One term after the start');
    await other.getByRole('navigation').getByRole('link', { name: 'Licenses' }).click();
    await other.getByRole('heading', { name: 'Licenses', level: 1 }).waitFor();
    const row = other.getByRole('row', { name: /On The Way Ltd/ });
    assert.match(await row.innerText(), /One term after the start/);
    await other.close();
  });

  await step(
    'a trial becomes a full license, which then changes its template, its terms and its customer',
    async () => {
      const other = await page.context().newPage();
      const { data } = await api('GET', '/v1/licenses?trial=true&customer_id=customer-11');
      const { license_id } = data[0];
      const read = () => api('GET', `/v1/licenses/${license_id}`);
      const choose = async (name) => {
        await button(other, 'More actions').click();
        await other.getByRole('menuitem', { name }).click();
      };
      const dialog = other.getByRole('dialog');
      // Of more templates than one page has, the others are found by their names.
      const studio = await api('GET', '/v1/license-templates/studio');
      await other.route(/\/v1\/license-templates\?(?!.*\bq=)/, (route) =>
        route.fulfill({ json: { data: [studio], next_cursor: 'more' } }),
      );
      await other.goto(`${baseUrl}/admin/licenses/${license_id}`);
      await button(other, 'More actions').click();
      await other.getByRole('menuitem', { name: 'Change terms' }).waitFor();
      // The server refuses both for a trial.
      assert.equal(await other.getByRole('menuitem', { name: /^(Change template|Transfer)$/ }).count(), 0);
      await other.keyboard.press('Escape');
      await button(other, 'Convert trial').click();
      await dialog.getByLabel('Note').fill('paid');
      await dialog.getByRole('button', { name: 'Convert trial' }).click();
      await seen(other, 'The license is a full one.');
      const full = await read();
      assert.equal(full.trial, false);

      await choose('Change template');
      await dialog.getByLabel('Find a template').fill('Prof');
      await dialog.getByLabel('Template', { exact: true }).selectOption({ label: 'Professional ISP License' });
      await dialog.getByLabel('Find a template').fill('');
      await dialog.getByRole('option', { name: 'There are more: find them by name.' }).waitFor({ state: 'attached' });
      await dialog.getByLabel('Expires').selectOption('FROM_EXPIRY');
      await dialog.getByRole('button', { name: 'Change template' }).click();
      await seen(other, 'The license has the terms of the chosen template.');
      const changed = await read();
      assert.equal(changed.template_id, 'professional-isp');
      assert.ok(changed.expiry_date > full.expiry_date);

      await choose('Change terms');
      await dialog.getByLabel('Expires').fill('2040-05-06');
      await dialog.getByLabel('Metadata').fill('{"ticket":');
      await button(other, 'Save').click();
      await seen(other, 'This is not a JSON object.');
      await dialog.getByLabel('Metadata').fill('{"ticket": 4711}');
      await button(other, 'Save').click();
      await seen(other, 'The license is changed.');
      const edited = await read();
      assert.deepEqual(edited.metadata, { ticket: 4711 });
      assert.match(edited.expiry_date, /^2040-05-0[67]T/);

      await api('POST', `/v1/licenses/${license_id}/activations`, { fingerprint: 'old-desk' });
      await choose('Transfer');
      await dialog.getByRole('combobox', { name: 'Customer' }).fill('Barbara');
      await dialog.getByRole('option', { name: /Barbara Liskov/ }).click();
      await dialog.getByLabel('Replace the license key').check();
      await dialog.getByLabel('Release all devices').check();
      await dialog.getByLabel('Note').fill('company sold');
      await dialog.getByRole('button', { name: 'Transfer' }).click();
      await dialog.locator('[data-license-key]').waitFor();
      await seen(other, '1 device lost its seat.');
      await button(other, 'Done').click();
      assert.equal((await read()).customer_id, 'customer-13');
      await other.getByRole('tab', { name: 'Timeline' }).click();
      await seen(other, 'Customer asked for it: company sold');

      for (const fingerprint of ['one', 'two'])
        await api('POST', `/v1/licenses/${license_id}/activations`, { fingerprint });
      await other.getByRole('tab', { name: 'Devices' }).click();
      await button(other, 'Release all devices').click();
      await button(other, 'Release all').click();
      await seen(other, '2 devices lost their seats.');
      await other.close();
    },
  );

  await step('the license key is sent by e-mail', async () => {
    await button(page, 'More actions').click();
    await page.getByRole('menuitem', { name: 'Send e-mail' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Send' }).click();
    await seen(page, 'The e-mail is queued.');
    const { data } = await api('GET', '/v1/email-messages?limit=1');
    assert.equal(data[0].license_id, licenseId);
  });

  await step('a past time is explained from the event log', async () => {
    await page.getByLabel('At a past time').fill('2020-01-01T00:00');
    await button(page, 'Explain').click();
    await page.getByRole('alert').or(page.getByText('As of')).first().waitFor();
  });

  await smokeStep('it is renewed, with the change in the timeline', async () => {
    await button(page, 'Renew').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Renew by').selectOption('24');
    await dialog.getByLabel('Note').fill('two more years');
    await dialog.getByRole('button', { name: 'Renew' }).click();
    await seen(page, 'The license is renewed.');
    await page.getByRole('tab', { name: 'Timeline' }).click();
    await seen(page, 'Customer asked for it: two more years');
  });

  await step('a change that another one has overtaken shows the difference', async () => {
    await button(page, 'More actions').click();
    await page.getByRole('menuitem', { name: 'Change terms' }).click();
    await page.getByRole('dialog').getByLabel('Seats').fill('7');
    await api('PATCH', `/v1/licenses/${licenseId}`, { grace_period_days: 11 });
    await button(page, 'Save').click();
    await seen(page, 'Changed meanwhile');
    await seen(page, 'grace_period_days');
    await button(page, 'Use the current state').click();
    await button(page, 'Save').click();
    await seen(page, 'The license is changed.');
    const { max_activations, grace_period_days } = await api('GET', `/v1/licenses/${licenseId}`);
    assert.deepEqual({ max_activations, grace_period_days }, { max_activations: 7, grace_period_days: 11 });
  });

  await step('a key is revealed only after the sign-in was confirmed', async () => {
    // The server asks for it ten minutes after the sign-in.
    const problem = {
      type: 'urn:imprimatur:problem:RECENT_SIGN_IN_REQUIRED',
      title: 'Forbidden',
      status: 403,
      code: 'RECENT_SIGN_IN_REQUIRED',
    };
    const body = JSON.stringify({
      ...problem,
      detail: 'Sign in again.',
      instance: 'urn:request:1',
      next: { action: 'sign_in' },
    });
    await page.route(
      '**/reveal-key',
      (route) => route.fulfill({ status: 403, contentType: 'application/problem+json', body }),
      { times: 1 },
    );
    await button(page, 'Show key').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Show key' }).click();
    await page.getByRole('dialog', { name: 'Confirm that it is you' }).getByLabel('API key').fill(adminKey);
    await button(page, 'Confirm').click();
    await page.locator('[data-license-key]').waitFor();
    await button(page, 'Done').click();
  });

  await smokeStep('it is revoked, after the end of its key was typed', async () => {
    await button(page, 'More actions').click();
    await page.getByRole('menuitem', { name: 'Revoke' }).click();
    const dialog = page.getByRole('dialog');
    const { license_key_last_four: lastFour } = await api('GET', `/v1/licenses/${licenseId}`);
    assert.equal(await dialog.getByRole('button', { name: 'Revoke for good' }).isDisabled(), true);
    await dialog.getByLabel(`Type ${lastFour}`).fill(lastFour);
    await dialog.getByRole('button', { name: 'Revoke for good' }).click();
    await seen(page, 'Revoked for good');
    assert.equal((await api('GET', `/v1/licenses/${licenseId}`)).status, 'REVOKED');
  });

  await step('filters stand in the address, and the view is exported', async () => {
    await page.getByRole('link', { name: 'Licenses' }).first().click();
    await page.getByLabel('Every status').selectOption('SUSPENDED');
    await page.waitForURL(/status=SUSPENDED/);
    await seen(page, 'Grace Hopper');
    const [download] = await Promise.all([page.waitForEvent('download'), button(page, 'Export CSV').click()]);
    const lines = (await readFile(await download.path(), 'utf8')).trim().split('\n');
    assert.equal(lines.length, 2);
    await page.reload();
    await seen(page, 'Grace Hopper');
  });

  await step(
    'licenses are found by the end of their key, a device, and metadata that the settings declare',
    async () => {
      const other = await page.context().newPage();
      await other.goto(`${baseUrl}/admin/settings`);
      await other.getByLabel('Metadata to filter licenses by').fill('region, tier');
      await other.getByLabel('Imported keys are compared').selectOption('UPPER_CASE');
      await other.getByLabel('Import short keys, too').check();
      await button(other, 'Save').click();
      await seen(other, 'The settings are saved.');
      const settings = await api('GET', '/v1/settings');
      assert.deepEqual(settings.metadata_filters, ['region', 'tier']);
      assert.deepEqual([settings.foreign_key_normalisation, settings.allow_short_keys], ['UPPER_CASE', true]);
      await api('PATCH', '/v1/settings', { foreign_key_normalisation: 'NONE', allow_short_keys: false });
      const order = { license_template_id: 'studio', customer_id: 'customer-14', metadata: { region: 'north' } };
      const { license_id, license_key } = await api('POST', '/v1/licenses', order);
      await other.goto(`${baseUrl}/admin/licenses`);
      const by = async (name, text) => {
        await other.getByLabel('More filters').selectOption({ label: name });
        await other.getByLabel(name, { exact: true }).fill(text);
        await other.keyboard.press('Enter');
        await other.getByRole('row').nth(2).waitFor({ state: 'detached' });
        const link = other.getByRole('row').nth(1).getByRole('link').first();
        assert.match(await link.getAttribute('href'), new RegExp(license_id));
        await button(other, 'Clear').click();
        await other.getByRole('row').nth(2).waitFor();
      };
      await by('End of the key', license_key.slice(-4));
      await api('POST', `/v1/licenses/${license_id}/activations`, { fingerprint: 'one-of-its-kind' });
      await by('Device', 'one-of-its-kind');
      for (let pending = true; pending;)
        pending = (await api('GET', '/v1/settings')).metadata_filters_pending.length > 0;
      await by('region', 'north');
      await other.close();
    },
  );

  await step('faults of a form stand at its fields, and unsaved changes are guarded', async () => {
    await page.goto(`${baseUrl}/admin/products/new`);
    await page.getByLabel('Name').fill('Probe');
    await page.getByLabel('Product ID').fill('not an id!');
    await button(page, 'Create product').click();
    await page.locator('[aria-invalid=true]').waitFor();
    await page.getByRole('link', { name: 'Licenses' }).first().click();
    await seen(page, 'Leave this page?');
    await button(page, 'Stay').click();
    await page.getByLabel('Product ID').fill('PROBE-1');
    await button(page, 'Create product').click();
    await page.getByRole('heading', { name: 'Probe', level: 1 }).waitFor();
  });

  await step('of two tabs that edit a template, the second sees what the first has changed', async () => {
    await page.goto(`${baseUrl}/admin/templates/studio`);
    await page.getByLabel(/^Name/).first().fill('Studio Pro');
    await page.getByLabel(/^Seats/).fill('4');
    await seen(page, '4 seats');
    await api('PATCH', '/v1/license-templates/studio', { grace_period_days: 5 });
    await button(page, 'Save').click();
    await seen(page, 'Changed meanwhile');
    await button(page, 'Keep my changes on top').click();
    await button(page, 'Save').click();
    await page.getByRole('heading', { name: /Studio Pro/, level: 1 }).waitFor();
    const { template_name, grace_period_days } = await api('GET', '/v1/license-templates/studio');
    assert.deepEqual({ template_name, grace_period_days }, { template_name: 'Studio Pro', grace_period_days: 5 });
  });

  await step('the keyboard leads everywhere', async () => {
    await page.keyboard.press('g');
    await page.keyboard.press('c');
    await page.getByRole('heading', { name: 'Customers', level: 1 }).waitFor();
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    await page.keyboard.press('Escape');
  });

  await step('support sees no action that it may not take', async () => {
    const { id, api_key } = await api('POST', '/v1/api-keys', { name: 'Help desk', role: 'support' });
    const support = await open();
    await signIn(support, api_key);
    assert.equal(await support.getByRole('link', { name: 'Issue license' }).count(), 0);
    assert.equal(await support.getByRole('link', { name: 'API keys' }).count(), 0);
    await support.goto(`${baseUrl}/admin/api-keys`);
    await seen(support, 'You may not see this');
    // Buttons of what only others may do, on the screens where they stand.
    const { data } = await api('GET', '/v1/licenses?q=Barbara');
    for (const path of [
      'licenses',
      `licenses/${data[0].license_id}`,
      'templates',
      'templates/studio',
      'products',
      'issue',
      'import',
    ]) {
      await support.goto(`${baseUrl}/admin/${path}`);
      await support.getByRole('heading', { level: 1 }).or(support.getByText('You may not see this')).first().waitFor();
      await support.waitForLoadState('networkidle');
      const forbidden =
        /^(Issue license|New template|Create template|Save|Duplicate|New product|Check|Import \d+ lines?)$/;
      const names = await support.getByRole('button').or(support.getByRole('link')).allInnerTexts();
      assert.deepEqual(
        names.filter((name) => forbidden.test(name.trim())),
        [],
        path,
      );
    }
    const refused = await support.evaluate(async (id) => {
      const statuses = [];
      for (const [method, target, body] of [
        ['POST', '/v1/licenses', { license_template_id: 'studio', customer_id: 'customer-10' }],
        ['POST', '/v1/api-keys', { name: 'x', role: 'admin' }],
        ['POST', `/v1/licenses/${id}/change-template`, { license_template_id: 'studio' }],
        ['PATCH', '/v1/license-templates/studio', { grace_period_days: 1 }],
        ['PATCH', '/v1/settings', {}],
        ['POST', '/v1/license-templates', { template_name: 'x' }],
      ])
        statuses.push(
          (await fetch(target, { method, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }))
            .status,
        );
      return statuses;
    }, data[0].license_id);
    assert.deepEqual(refused, Array(6).fill(403));
    await api('POST', `/v1/api-keys/${id}/revoke`);
    await support.getByRole('link', { name: 'Customers' }).click();
    await support.getByText('Your session has ended').waitFor({ timeout: 5_000 });
    await support.getByRole('heading', { name: 'Sign in' }).waitFor();
  });

  await smokeStep('signing out ends the session', async () => {
    await button(page, 'Sign out').click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  });
}
