import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { loadConfig } from '../../src/config.js';
import { withClient } from '../../src/database/with-client.js';
import { generateApiKey, TenantRegistry } from '../../src/tenants/index.js';
import type { Wire } from '../support/api.js';
import { withTimeouts } from '../support/app.js';
import { TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { ServerProcess } from '../support/server.js';

/** Holds may take long on a busy machine, and must end by the kill. */
const TIMEOUTS = { DATABASE_LOCK_TIMEOUT_MS: '60000', DATABASE_STATEMENT_TIMEOUT_MS: '60000' };
const TENANT = 'workflows';

/** Makes the engine wait before it records a step that the test holds: the step has its effect then, and no checkpoint. */
const HOLD = `
  CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtext(NEW.workflow_uuid || ' ' || NEW.function_name));
    RETURN NEW;
  END $$;
  CREATE TRIGGER hold BEFORE INSERT ON workflows.operation_outputs FOR EACH ROW EXECUTE FUNCTION hold()`;

describe('workflows of processes that are killed', () => {
  let database: TestDatabase;
  let holder: pg.Client;
  let first: ServerProcess;
  let second: ServerProcess;
  let key: string;

  beforeAll(async () => {
    database = await TestDatabase.create();
    holder = new pg.Client({ connectionString: database.superuserUrl });
    await holder.connect();
    await holder.query(HOLD);
    key = generateApiKey();
    await withClient(database.ownerUrl, (owner) => new TenantRegistry(owner).create(TENANT, key, new Date()));
    const environment = {
      ...TIMEOUTS,
      DATABASE_URL: withTimeouts(database.applicationUrl, loadConfig(TIMEOUTS)),
      MASTER_KEY: randomBytes(32).toString('hex'),
      LOOKUP_KEY: randomBytes(32).toString('hex'),
    };
    [first, second] = [await ServerProcess.create(environment), await ServerProcess.create(environment)];
    await first.start();
    await ask(first, '/products', { product_id: 'p', name: 'P' });
    const template = { template_id: 't', template_name: 'T', product_id: 'p', license_type: 'SUBSCRIPTION' };
    await ask(first, '/license-templates', { ...template, license_model: 'PER_SEAT' });
  });

  afterAll(async () => {
    await Promise.all([first.cleanUp(), second.cleanUp()]);
    await holder.end();
    await database.drop();
  });

  async function ask(server: ServerProcess, path: string, body?: Wire): Promise<Wire> {
    const response = await server.fetch(path, { key, ...(body && { method: 'POST', body }) });
    const answer = (await response.json()) as Wire;
    if (!response.ok) throw new Error(`${path} answered ${JSON.stringify(answer)}`);
    return answer;
  }

  const start = (server: ServerProcess, runId: string, input: Wire = {}) =>
    ask(server, '/workflow-runs', {
      workflow: 'lead-to-customer',
      run_id: runId,
      input: { lead: { email: `${runId}@example.com` }, license_template_id: 't', ...input },
    });
  const reach = (server: ServerProcess, runId: string, state: string): Promise<Wire> =>
    eventually(async () => {
      const run = await ask(server, `/workflow-runs/${runId}`);
      expect(run).toMatchObject({ state });
      return run;
    });
  const hold = (runId: string, step: string) =>
    holder.query('SELECT pg_advisory_lock(hashtext($1))', [`${TENANT}/${runId} ${step}`]);
  /** Kills the server once so many of its checkpoints are held, and lets go of them. */
  const killWhenHeld = async (server: ServerProcess, count: number) => {
    await eventually(async () => {
      const waiting = await database.query(
        `SELECT 1 FROM pg_locks JOIN pg_database d ON d.oid = database
         WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()`,
      );
      expect(waiting).toHaveLength(count);
    });
    await server.kill('SIGKILL');
    await holder.query('SELECT pg_advisory_unlock_all()');
  };
  /** One customer, license, message and end for each run, whatever was repeated. */
  const expectOneStory = async (runId: string, run: Wire) => {
    const { customer_id, license_id, email_message_id } = run.result;
    const customers = await database.query('SELECT customer_id FROM customers WHERE email = $1', [
      `${runId}@example.com`,
    ]);
    expect(customers).toEqual([{ customer_id }]);
    const licenses = await database.query('SELECT license_id, status FROM licenses WHERE customer_id = $1', [
      customer_id,
    ]);
    expect(licenses).toEqual([{ license_id, status: 'ACTIVE' }]);
    const messages = await database.query('SELECT email_message_id FROM email_messages WHERE license_id = $1', [
      license_id,
    ]);
    expect(messages).toEqual([{ email_message_id }]);
    await eventually(async () => {
      const events = await database.query<{ type: string }>(
        `SELECT event_type AS type FROM license_event_logs WHERE resource_id = $1 ORDER BY seq`,
        [runId],
      );
      expect(events.map(({ type }) => type)).toEqual(['workflow.started', 'workflow.completed']);
    });
  };

  it('take each effect once, wherever the kill falls between an effect and its checkpoint', async () => {
    // The engine has four connections, of which each hold takes one.
    const rounds = [['createCustomer', 'issueLicense', 'sendLicenseEmail'], ['finishRun']];
    for (const steps of rounds) {
      for (const step of steps) {
        await hold(`held-${step}`, step);
        await start(first, `held-${step}`);
      }
      await killWhenHeld(first, steps.length);
      await first.start();
      for (const step of steps) await expectOneStory(`held-${step}`, await reach(first, `held-${step}`, 'COMPLETED'));
    }
  });

  it('go on with a wait, and with what they undo', async () => {
    await start(first, 'waits', { approval: true });
    await hold('undoes', 'deactivateCustomer');
    await start(first, 'undoes', { license_template_id: 'none' });
    const { waiting_until } = await reach(first, 'waits', 'WAITING');
    await killWhenHeld(first, 1);
    await first.start();
    expect(await reach(first, 'undoes', 'FAILED')).toMatchObject({
      error: { code: 'TEMPLATE_NOT_FOUND' },
      undone: ['deactivateCustomer'],
    });
    const customers = `SELECT active, version FROM customers WHERE email = 'undoes@example.com'`;
    expect(await database.query(customers)).toEqual([{ active: false, version: 2 }]);
    expect(await ask(first, '/workflow-runs/waits')).toMatchObject({ state: 'WAITING', waiting_until });
  });

  it('go on in another process within seconds', async () => {
    await second.start();
    await hold('adopted', 'issueLicense');
    // Of the processes that could take it, the first is killed with the run that waits since the test before.
    await first.kill('SIGKILL');
    await start(second, 'adopted');
    await ask(second, '/workflow-runs/waits/signals/approved', {});
    const killedAt = Date.now();
    await reach(second, 'waits', 'COMPLETED');
    expect(Date.now() - killedAt).toBeLessThan(15_000);
    await holder.query('SELECT pg_advisory_unlock_all()');
    await expectOneStory('adopted', await reach(second, 'adopted', 'COMPLETED'));
  });
});
