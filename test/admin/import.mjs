import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { button, seen } from './browser.mjs';

const FILE = [
  'Serial;Mail;Valid until;Plan;License template ID',
  'OLD-KEY-0001-AAAA-BBBB;one@example.com;2031-01-31;gold;studio',
  'OLD-KEY-0002-AAAA-BBBB;two@example.com;"2031-01-31";"gold; or ""silver""";',
  'OLD-KEY-0003-AAAA-BBBB;no address;2031-01-31;;studio',
  ';three@example.com;2031-01-31;;studio',
  'too;few',
  '',
].join('\n');

/** A file with faults is checked, imported, corrected and imported again. */
export async function importing({ baseUrl, api, open, signIn, step }) {
  const page = await open();
  const choose = (name, content) =>
    page.getByLabel(/Choose a file|\.csv/).setInputFiles({ name, mimeType: 'text/csv', buffer: Buffer.from(content) });
  const count = async () => (await api('GET', '/v1/licenses?limit=100')).data.length;
  let refusedFile = '';

  await step('the columns of a file are guessed and chosen, and a check changes nothing', async () => {
    await signIn(page);
    const before = await count();
    await page.goto(`${baseUrl}/admin/import`);
    await choose('old.csv', FILE);
    const memberOf = (column) => page.getByLabel(`What ${column} is`);
    assert.equal(await memberOf('Serial').inputValue(), 'license_key');
    assert.equal(await memberOf('Valid until').inputValue(), 'expiry_date');
    await memberOf('Plan').selectOption('metadata.Plan');
    await page.getByLabel('Template of lines that name none').selectOption('studio');
    await button(page, 'Check').click();
    await seen(page, 'The check is done; nothing was changed. Importable: 3 · Refused: 2');
    assert.equal(await count(), before);
  });

  await step('it is imported, with the refused lines as a file', async () => {
    await button(page, 'Import 5 lines').click();
    await seen(page, 'The import is done. Imported: 3 · Refused: 2');
    const { data } = await api('POST', '/v1/licenses:find', { license_key: 'OLD-KEY-0002-AAAA-BBBB' });
    assert.equal(data[0].metadata.Plan, 'gold; or "silver"');
    assert.equal(data[0].template_id, 'studio');
    const [file] = await Promise.all([page.waitForEvent('download'), button(page, 'Refused lines').click()]);
    refusedFile = await readFile(await file.path(), 'utf8');
    assert.match(refusedFile, /^import_line,import_code,import_detail,import_form,import_text,Serial,/);
    const [results] = await Promise.all([page.waitForEvent('download'), button(page, 'Result file').click()]);
    const rows = (await readFile(await results.path(), 'utf8')).split('\r\n');
    assert.match(
      rows.find((row) => row.startsWith('5,')),
      /^5,IMPORTED,[0-9a-f-]{36},[0-9A-F-]{20,}/,
    );
  });

  await step('corrected lines are imported, and known ones stay as they are', async () => {
    await choose('old.csv', refusedFile.replace('no address', 'fourth@example.com'));
    await button(page, 'Import 2 lines').click();
    await seen(page, 'Imported: 1 · Refused: 1');
    await choose('old.csv', FILE);
    await page.getByLabel('What Plan is').selectOption('metadata.Plan');
    await button(page, 'Import 5 lines').click();
    await seen(page, /Known: 3/);
  });

  await step('an import that fails in the end still has the license keys that it got', async () => {
    let sent = 0;
    await page.route('**/v1/licenses:import*', async (route) => {
      if (++sent > 1) return route.fulfill({ status: 403, json: { code: 'PERMISSION_DENIED', detail: 'Gone.' } });
      const answer = await route.fetch();
      const [first] = (await answer.text()).split('\n');
      return route.fulfill({ response: answer, body: `${first}\n` });
    });
    const people = ['fifth', 'sixth'].map((name) => `${name}@example.com,studio`);
    await choose('new.csv', ['customer.email,license_template_id', ...people].join('\n'));
    await button(page, 'Import 2 lines').click();
    await page.getByRole('main').getByRole('alert').waitFor();
    const [results] = await Promise.all([page.waitForEvent('download'), button(page, 'Result file').click()]);
    assert.match(await readFile(await results.path(), 'utf8'), /\r\n2,IMPORTED,[0-9a-f-]{36},[0-9A-F-]{20,}/);
    await page.unroute('**/v1/licenses:import*');
  });

  await step('an export of another system is known', async () => {
    await choose('keygen.ndjson', await readFile('docs/migrate/keygen.ndjson', 'utf8'));
    await page.getByLabel('Comes from').selectOption('keygen');
    await button(page, 'Check').click();
    await seen(page, 'The check is done');
  });
}
