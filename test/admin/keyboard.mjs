import assert from 'node:assert/strict';
import { seen } from './browser.mjs';

const MAX_TABS = 90;

/** The flows of a day by keyboard alone: no step of it points at anything. */
export async function keyboard({ baseUrl, adminKey, api, open, step }) {
  const page = await open();
  const press = (key) => page.keyboard.press(key);
  const type = (text) => page.keyboard.type(text);
  const focused = () =>
    page.evaluate(() => {
      const { activeElement: at } = document;
      const labels = at?.labels ? [...at.labels].map(({ innerText }) => innerText) : [];
      return [at?.getAttribute('aria-label'), ...labels, at?.innerText].filter(Boolean).join(' ').trim();
    });
  /** Moves the focus until something with this name has it. */
  async function tabTo(name) {
    for (let tabs = 0; tabs < MAX_TABS; tabs++) {
      if (name.test(await focused())) return;
      await press('Tab');
    }
    assert.fail(`The keyboard does not reach ${name}; the focus is at "${await focused()}".`);
  }
  const choose = async (name, key = 'Enter') => {
    await tabTo(name);
    await press(key);
  };
  const heading = (name) => page.getByRole('heading', { name, level: 1 }).waitFor();

  await step('sign in by keyboard', async () => {
    await page.goto(`${baseUrl}/admin/`);
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await tabTo(/^API key/);
    await type(adminKey);
    await press('Enter');
    await heading('Dashboard');
    await press('Tab');
    assert.match(await focused(), /Skip to the content/);
  });

  await step('issue a license by keyboard', async () => {
    await choose(/^Issue license/);
    await heading('Issue a license');
    await choose(/^Studio/);
    await tabTo(/^Customer/);
    await type('Alan');
    await page.getByRole('option', { name: /Alan Turing/ }).waitFor();
    await page.getByRole('option', { name: /Ada Lovelace/ }).waitFor({ state: 'detached' });
    await press('Enter');
    await choose(/^Next$/);
    await tabTo(/^Seats/);
    await type('1');
    await choose(/^Issue license$/);
    await seen(page, 'The license is issued');
    await choose(/^Open license$/);
    await heading(/Alan Turing/);
  });

  await step('explain a refusal and free the seat by keyboard', async () => {
    const id = new URL(page.url()).pathname.split('/').at(-1);
    await api('POST', `/v1/licenses/${id}/activations`, { fingerprint: 'old', name: 'old' });
    await tabTo(/^Overview$/);
    while (!/^Explain$/.test(await focused())) await press('ArrowRight');
    await press('Enter');
    await tabTo(/^Device/);
    await type('new');
    await press('Enter');
    await seen(page, 'All seats are taken');
    await choose(/^Release a device$/);
    await choose(/^Release/);
    await page.getByRole('dialog').waitFor();
    await choose(/^Release$/);
    await seen(page, 'The seat is free.');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  });

  await step('renew and revoke by keyboard; focus returns from the dialog', async () => {
    await choose(/^Renew$/);
    await page.getByRole('dialog').waitFor();
    await press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    assert.match(await focused(), /^Renew$/);
    await press('Enter');
    await page.getByRole('dialog').waitFor();
    await choose(/^Renew$/);
    await seen(page, 'The license is renewed.');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await choose(/^More actions$/);
    await page.getByRole('menu').waitFor();
    while (!/^Revoke$/.test(await focused())) await press('ArrowDown');
    await press('Enter');
    await page.getByRole('dialog').waitFor();
    await tabTo(/^Type/);
    await type((await focused()).match(/Type (\w{4})/)[1]);
    await choose(/^Revoke for good$/);
    await seen(page, 'Revoked for good');
  });

  await step('change a template by keyboard', async () => {
    await press('g');
    await press('t');
    await heading('Templates');
    await choose(/^Studio/);
    await tabTo(/^Grace period in days/);
    await press('Control+a');
    await type('9');
    await choose(/^Save$/);
    await seen(page, 'The template is saved.');
    assert.equal((await api('GET', '/v1/license-templates/studio')).grace_period_days, 9);
  });

  await step('change several licenses by keyboard', async () => {
    await press('g');
    await press('l');
    await heading('Licenses');
    await choose(/^Select John Doe/, 'Space');
    for (let tabs = 0; tabs < MAX_TABS && !/^Suspend$/.test(await focused()); tabs++) await press('Shift+Tab');
    await press('Enter');
    await page.getByRole('dialog', { name: 'Suspend 1 license' }).waitFor();
    await choose(/^Suspend$/);
    await seen(page, '1 of 1 done, 0 refused');
  });

  await step('import a file by keyboard', async () => {
    await press('g');
    await press('i');
    await heading('Import licenses');
    await tabTo(/^Choose a file/);
    const [chooser] = await Promise.all([page.waitForEvent('filechooser'), press('Enter')]);
    const text = 'license_template_id,license_key,customer.email\nstudio,KEYS-OF-ANOTHER-SYSTEM,key@example.com\n';
    await chooser.setFiles({ name: 'keys.csv', mimeType: 'text/csv', buffer: Buffer.from(text) });
    await choose(/^Import 1 line$/);
    await seen(page, 'Imported: 1');
  });

  await step('sign out by keyboard', async () => {
    await choose(/^Sign out$/);
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  });
}
