import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { loadConfig } from '../../src/config.js';
import { migrate } from '../../src/database/migrate.js';
import { withClient } from '../../src/database/with-client.js';
import { EmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres.js';
import { generateApiKey, TenantRegistry } from '../../src/tenants/index.js';
import type { Wire } from '../support/api.js';
import { query } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { Holds } from '../support/holds.js';
import { ServerProcess } from '../support/server.js';

const TENANT = 'tenant';

it('workflows go on by themselves, with one license each, after their database is killed and has come back', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'imprimatur-database-'));
  let postgres = await EmbeddedPostgres.start(dataDir, 'npm test');
  const [ownerUrl, applicationUrl] = [postgres.ownerUrl(), postgres.applicationUrl()];
  await migrate(ownerUrl, applicationUrl, loadConfig({}));
  const key = generateApiKey();
  await withClient(ownerUrl, (owner) => new TenantRegistry(owner).create(TENANT, key, new Date()));
  const server = await ServerProcess.create({
    DATABASE_URL: applicationUrl,
    MASTER_KEY: randomBytes(32).toString('hex'),
    LOOKUP_KEY: randomBytes(32).toString('hex'),
  });
  await server.start();
  const ask = async (path: string, body?: unknown): Promise<Wire> => {
    const response = await server.fetch(path, { key, ...(body !== undefined && { method: 'POST', body }) });
    const answer = (await response.json()) as Wire;
    if (!response.ok) throw new Error(`${path} answered ${JSON.stringify(answer)}`);
    return answer;
  };
  const start = (runId: string, more: Wire = {}) => {
    const input = { lead: { email: `${runId}@example.com` }, license_template_id: 't', ...more };
    return ask('/workflow-runs', { workflow: 'lead-to-customer', run_id: runId, input });
  };
  const reach = (runId: string, state: string): Promise<Wire> =>
    eventually(async () => {
      const run = await ask(`/workflow-runs/${runId}`);
      expect(run).toMatchObject({ state });
      return run;
    });
  const readiness = async () => (await fetch(`${server.url}/health/ready`)).status;

  await ask('/products', { product_id: 'p', name: 'P' });
  const template = { template_id: 't', template_name: 'T', product_id: 'p', license_type: 'SUBSCRIPTION' };
  await ask('/license-templates', { ...template, license_model: 'PER_SEAT' });
  const holds = await Holds.install(postgres.superuserUrl('imprimatur'));
  await start('waits', { approval: true });
  await reach('waits', 'WAITING');
  // The one has issued its license and not recorded that, the other is taking back its customer.
  await holds.holdCheckpoint(TENANT, 'issues', 'issueLicense');
  await holds.holdCheckpoint(TENANT, 'undoes', 'deactivateCustomer');
  await start('issues');
  await start('undoes', { license_template_id: 'none' });
  await eventually(() => holds.expectHeld(2));

  process.kill(postgres.postmasterPid, 'SIGKILL');
  await eventually(async () => expect(await readiness()).toBe(503));
  postgres = await EmbeddedPostgres.start(dataDir, 'npm test');
  await eventually(async () => expect(await readiness()).toBe(200));
  await ask('/workflow-runs/waits/signals/approved', {});
  for (const runId of ['issues', 'waits']) {
    const { license_id, customer_id } = (await reach(runId, 'COMPLETED')).result;
    expect((await ask(`/licenses?customer_id=${customer_id}`)).data).toMatchObject([{ license_id, status: 'ACTIVE' }]);
    expect((await ask(`/email-messages?license_id=${license_id}`)).data).toHaveLength(1);
  }
  expect(await reach('undoes', 'FAILED')).toMatchObject({ undone: ['deactivateCustomer'], not_undone: [] });
  const customers = 'SELECT email, active FROM customers ORDER BY email';
  expect(await query(postgres.superuserUrl('imprimatur'), customers)).toEqual([
    { email: 'issues@example.com', active: true },
    { email: 'undoes@example.com', active: false },
    { email: 'waits@example.com', active: true },
  ]);
  await server.cleanUp();
  await postgres.stop();
  await rm(dataDir, { recursive: true, force: true });
});
