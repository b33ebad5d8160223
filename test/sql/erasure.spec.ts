import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { withClient } from '../../src/database/with-client.js';
import { eraseCustomer } from '../../src/maintenance/index.js';
import { emailAttemptSealContext } from '../../src/notifications/index.js';
import { Clock } from '../../src/shared/time/clock.js';
import { Secrets } from '../../src/shared/secrets/secrets.js';
import { generateApiKey, TenantRegistry } from '../../src/tenants/index.js';
import { NDJSON, type Api, type Wire } from '../support/api.js';
import { TestApp } from '../support/app.js';
import { TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { everythingStored, traces } from '../support/everything-stored.js';
import { ServerProcess } from '../support/server.js';

describe('erasure of a customer', () => {
  let app: TestApp;
  let api: Api;

  beforeAll(async () => {
    app = await TestApp.start();
  });

  beforeEach(async () => {
    api = await app.tenant();
  });

  afterAll(() => app.stop());

  const erase = (customerId: string) =>
    withClient(app.database.ownerUrl, (owner) =>
      eraseCustomer(owner, app.secrets, api.tenantId, customerId, app.nest.get(Clock).now()),
    );
  const logged = () =>
    eventually(async () => {
      expect(await app.database.query('SELECT 1 FROM outbox WHERE tenant_id = $1', [api.tenantId])).toEqual([]);
    });
  const keyed = (key: string) => ({ 'Idempotency-Key': key });

  describe('while requests are in flight', () => {
    let sessions: pg.Client[];

    beforeEach(() => {
      sessions = [];
    });

    afterEach(() => Promise.all(sessions.map((session) => session.end())));

    /** Locks a row until the function that it returns is called. */
    async function hold(table: string, where: string, value: string): Promise<() => Promise<unknown>> {
      const session = new pg.Client({ connectionString: app.database.superuserUrl });
      sessions.push(session);
      await session.connect();
      await session.query('BEGIN');
      await session.query(`SELECT 1 FROM ${table} WHERE ${where} = $1 FOR UPDATE`, [value]);
      return () => session.query('COMMIT');
    }

    const waiting = (count: number) =>
      eventually(async () => {
        const rows = await app.database.query(
          `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        );
        expect(rows).toHaveLength(count);
      });

    it('reaches an issue that read the name before, and has not written yet', async () => {
      const template = await api.template();
      await api.create('/v1/customers', { customer_id: 'c', first_name: 'Zq', last_name: 'Inflight' });
      const releaseCustomer = await hold('customers', 'customer_id', 'c');
      const erasing = erase('c');
      await waiting(1);
      const releaseTemplate = await hold('license_templates', 'template_id', template);
      const issuing = api.issue(template, { customer_id: 'c' });
      await waiting(2);
      await releaseCustomer();
      await waiting(1);
      await releaseTemplate();
      const { license_id } = await issuing;
      await erasing;
      expect((await api.get(`/v1/licenses/${license_id}`)).body.issued_to).toBe('Customer c');
      expect(traces(await everythingStored(app.database, app.secrets), ['Zq Inflight', 'Inflight'])).toEqual([]);
    });

    it('reaches a transfer and an activation that were waiting for the license', async () => {
      const template = await api.template({ max_activations: 5 });
      await api.create('/v1/customers', { customer_id: 'c', first_name: 'Zq', last_name: 'Transferred' });
      const { license_id } = await api.issue(template, { customer_id: 'other' });
      const mine = await api.issue(template, { customer_id: 'c' });
      const releaseLicense = await hold('licenses', 'license_id', license_id as string);
      const releaseMine = await hold('licenses', 'license_id', mine.license_id as string);
      const transferring = api.post(`/v1/licenses/${license_id}/transfer`, { customer_id: 'c' });
      const device = { fingerprint: 'zq-fingerprint', name: 'Zq Laptop', user_id: 'zq@example.com' };
      const activating = api.post(`/v1/licenses/${mine.license_id}/activations`, device);
      await waiting(2);
      const erasing = erase('c');
      await eventually(async () => {
        expect((await api.get('/v1/customers/c')).body.first_name).toBeNull();
      });
      await releaseLicense();
      await releaseMine();
      expect((await transferring).status).toBe(200);
      expect((await activating).status).toBe(200);
      await erasing;
      const left = traces(await everythingStored(app.database, app.secrets), [
        'Zq Transferred',
        'zq-fing',
        'Zq Lap',
        'zq@',
      ]);
      expect(left).toEqual([]);
    });
  });

  it('removes recipients, contents and the answers of relays from e-mail, also to an earlier address, and cancels what waits', async () => {
    const template = await api.template();
    await api.create('/v1/customers', { customer_id: 'm', first_name: 'Zq', email: 'zq-old@example.com' });
    await api.patch('/v1/customers/m', { email: 'zq-new@example.com' });
    const { license_id } = await api.issue(template, { customer_id: 'm', issued_to: 'Zq' });
    await api.post('/v1/customers/m/notes', { text: 'Call zq@example.com' }, keyed('note'));
    const queue = async (body: Wire): Promise<string> =>
      (await api.create('/v1/email-messages', body)).email_message_id as string;
    const order = { template: 'order_confirmation', order_id: 'o', variables: { order_number: 'Zq-17' } };
    const ids = [
      await queue({ template: 'renewal_reminder', license_id }),
      await queue({ ...order, to: 'ZQ-old@example.com' }),
    ];
    const other = await queue({ ...order, variables: {}, to: 'other@example.com' });
    const cancelled = await queue({ ...order, to: 'zq-new@example.com' });
    const why = { reason: { code: 'OTHER', text: 'zq-said so' } };
    expect((await api.post(`/v1/email-messages/${cancelled}/cancel`, why)).status).toBe(200);
    const attemptId = randomUUID();
    const answer = app.secrets.seal('550 <zq-new@example.com>?', emailAttemptSealContext(api.tenantId, attemptId));
    await app.database.query(
      `INSERT INTO email_attempts (tenant_id, attempt_id, email_message_id, number, outcome, response_code, response_sealed, started_at)
       VALUES ($1, $2, $3, 1, 'DEFERRED', 550, $4, now())`,
      [api.tenantId, attemptId, ids[0], answer],
    );
    await logged();
    expect(
      traces(await everythingStored(app.database, app.secrets), ['zq-new@', 'zq-old@', 'Zq-17', 'zq-said']),
    ).toHaveLength(4);
    expect(await erase('m')).toMatchObject({ emails: 3 });
    expect(traces(await everythingStored(app.database, app.secrets), ['zq-', 'zq@'])).toEqual([]);
    for (const id of ids) {
      const path = `/v1/email-messages/${id}`;
      expect((await api.get(path)).body).toMatchObject({ status: 'CANCELLED', reason: 'CONTENT_ERASED', to: null });
      expect((await api.get(`${path}/preview`)).body.code).toBe('EMAIL_MESSAGE_ERASED');
      expect((await api.post(`${path}/resend`)).body.code).toBe('EMAIL_MESSAGE_ERASED');
    }
    expect((await api.get(`/v1/email-messages/${other}`)).body).toMatchObject({
      status: 'QUEUED',
      to: 'other@example.com',
    });
  });

  it('replaces imported license keys and removes external ids, whose text may say who the customer is', async () => {
    const template = await api.template();
    const imported = async (customer: string, license_key: string) => {
      const external_id = license_key.replace('zq', 'zq-id-');
      const line = { customer: { customer_id: customer }, license_template_id: template, license_key, external_id };
      const sent = { 'Content-Type': 'application/x-ndjson' };
      const [outcome] = (await api.send('post', '/v1/licenses:import', line, sent)).body as Wire[];
      return outcome;
    };
    const validate = async (license_key: string) =>
      (await app.anonymous().post('/v1/client/validate', { license_key, tenant_id: api.tenantId })).body.code as string;
    const held = (await imported('f', 'zqf.private@example.com 2021')).license_id as string;
    const given = (await imported('f', 'zqg.private@example.com 2021')).license_id as string;
    const replaced = (await imported('f', 'zqh.private@example.com 2021')).license_id as string;
    await api.post(`/v1/licenses/${held}/reveal-key`, {}, keyed('reveal-f'));
    await api.patch(`/v1/licenses/${held}`, { metadata: { a: 1 } }, keyed('patch-f'));
    const give = () => api.post(`/v1/licenses/${given}/transfer`, { customer_id: 'g' }, keyed('give'));
    await give();
    const rotating = { customer_id: 'g', rotate_key: true };
    const rotated = (await api.post(`/v1/licenses/${replaced}/transfer`, rotating)).body.license_key as string;
    await logged();
    expect(await erase('f')).toMatchObject({ licenses: 5 });
    expect(traces(await everythingStored(app.database, app.secrets), ['zqf.', 'zqh.', 'zq-id-'])).toEqual([]);
    expect((await give()).body).toMatchObject({ customer_id: 'g', external_id: null });
    // The key of a license that was given away is the one that its holder uses.
    expect(await validate('zqg.private@example.com 2021')).not.toBe('NOT_FOUND');
    expect(await validate('zqf.private@example.com 2021')).toBe('NOT_FOUND');
    expect(await imported('other', 'zqf.private@example.com 2021')).toMatchObject({
      outcome: 'KNOWN',
      license_id: held,
    });
    const revealed = (await api.post(`/v1/licenses/${held}/reveal-key`)).body.license_key as string;
    expect(revealed).toMatch(/^[0-9A-F]{4}(-[0-9A-F]{4}){4}$/);
    expect((await api.get(`/v1/licenses/${held}`)).body.license_key_last_four).toBe(revealed.slice(-4));
    expect([await validate(revealed), await validate(rotated)]).not.toContain('NOT_FOUND');
    expect((await api.post(`/v1/licenses/${held}/reveal-key`, {}, keyed('reveal-f'))).status).toBe(409);
    expect(await erase('f')).toMatchObject({ licenses: 0, results: 0 });
  });

  it('removes what a license that was given away kept of its former holder, and nothing of the present one', async () => {
    const template = await api.template({ max_activations: 5 });
    const OF_ALMA = ['Alma', 'alma', 'q170'];
    const order = { license_template_id: template, customer_id: 'a', issued_to: 'Alma Private' };
    const metadata = { contact: 'Alma, q170', order: { by: 'Alma', number: 7 } };
    await api.patch('/v1/settings', { metadata_filters: ['contact'] });
    const values = () => app.database.query("SELECT value FROM license_metadata_values WHERE key = 'contact'");
    const { license_id: id } = (await api.post('/v1/licenses', { ...order, metadata }, keyed('issue'))).body;
    const path = `/v1/licenses/${id}`;
    const device = {
      fingerprint: 'alma-mbp',
      name: "Alma's laptop",
      hostname: 'alma-mbp',
      user_id: 'alma@example.com',
    };
    await api.post(`${path}/activations`, device, keyed('device'));
    expect(await values()).toEqual([{ value: 'Alma, q170' }]);
    const transfer = { customer_id: 'b', issued_to: 'Bertold' };
    await api.post(`${path}/transfer`, transfer, keyed('transfer'));
    await api.patch(path, { metadata: { contact: 'Bertold, 0221', mine: true } }, keyed('patch'));
    await api.post(`${path}/activations`, { fingerprint: 'bertold-pc', name: 'Bertold PC' }, keyed('device-b'));
    await api.post(`${path}/renew`, { months: 1, reason: { code: 'OTHER', text: 'Bertold called' } });
    await logged();

    expect(await erase('a')).toEqual({ licenses: 1, devices: 1, events: 4, results: 4, emails: 0, runs: 0 });
    const stored = await everythingStored(app.database, app.secrets);
    expect(traces(stored, OF_ALMA)).toEqual([]);
    const license = (await api.get(path)).body;
    expect(license).toMatchObject({ issued_to: 'Bertold', current_activations: 1 });
    expect(license.metadata).toEqual({ contact: 'Bertold, 0221', mine: true });
    expect(await values()).toEqual([{ value: 'Bertold, 0221' }]);
    const replays = [
      await api.post('/v1/licenses', { ...order, metadata }, keyed('issue')),
      await api.post(`${path}/activations`, device, keyed('device')),
      await api.post(`${path}/transfer`, transfer, keyed('transfer')),
      await api.patch(path, { metadata: { contact: 'Bertold, 0221', mine: true } }, keyed('patch')),
    ];
    for (const { status, text } of replays) {
      expect(status).toBeLessThan(300);
      expect(traces(text, OF_ALMA)).toEqual([]);
    }
    expect(replays[3]?.body.metadata).toEqual({ contact: 'Bertold, 0221', mine: true });
    const events = (await api.get(`/v1/license-events?license_id=${id}`)).body.data as Wire[];
    const of = (type: string) =>
      events.filter(({ event_type }) => event_type === type).map(({ event_data }) => event_data);
    expect(of('license.transferred')[0].after).toEqual({ customer_id: 'b', issued_to: 'Bertold' });
    expect(of('license.updated')[0].after.metadata).toMatchObject({ contact: 'Bertold, 0221', mine: true });
    expect(of('license.renewed')[0].reason.text).toBe('Bertold called');
    const devices = (await api.get(`${path}/activations`)).body.data as Wire[];
    expect(devices.map(({ name, status }) => [name, status])).toEqual([
      ['Bertold PC', 'ACTIVE'],
      [null, 'DEACTIVATED'],
    ]);
  });

  it('leaves the history of whoever had the license before', async () => {
    const { license_id: id } = await api.issue(await api.template({ max_activations: 5 }), {
      customer_id: 'b',
      issued_to: 'Bertold',
      reason: { code: 'OTHER', text: 'Order B-4711' },
    });
    const path = `/v1/licenses/${id}`;
    const { activation_id } = (await api.post(`${path}/activations`, { fingerprint: 'bertold-pc', name: 'Bertold PC' }))
      .body;
    await api.post(`${path}/activations/${activation_id}/deactivate`);
    await api.post(`${path}/transfer`, { customer_id: 'a', issued_to: 'Alma Private' });
    await api.post(`${path}/activations`, { fingerprint: 'alma-mbp' });
    await logged();
    await erase('a');
    expect(traces(await everythingStored(app.database, app.secrets), ['Alma'])).toEqual([]);
    const events = (await api.get(`/v1/license-events?license_id=${id}`)).body.data as Wire[];
    expect(events[0].event_data).toMatchObject({ issued_to: 'Bertold', reason: { text: 'Order B-4711' } });
    expect(events[1].event_data).toMatchObject({ fingerprint: 'bertold-pc', name: 'Bertold PC' });
    expect(events[3]).toMatchObject({
      event_type: 'license.transferred',
      event_data: { before: { issued_to: 'Bertold' }, after: { customer_id: 'a' } },
    });
    const devices = (await api.get(`${path}/activations`)).body.data as Wire[];
    expect(devices.map(({ fingerprint }) => fingerprint)).toEqual([expect.stringMatching(/^erased-/), 'bertold-pc']);
  });

  it('ends the blocks of devices of that time, and forgets who they were', async () => {
    const { license_id: id } = await api.issue(await api.template({ max_activations: 5 }), { customer_id: 'a' });
    const path = `/v1/licenses/${id}`;
    const block = (fingerprint: string, name: string) => {
      const request = { fingerprint, reason: { code: 'FRAUD', text: `${name} called` } };
      return api.post(`${path}/blocked-devices`, request, keyed(`block-${fingerprint}`));
    };
    await api.post(`${path}/activations`, { fingerprint: 'alma-mbp' });
    await block('alma-mbp', 'Alma');
    await block('alma-never-seen', 'Alma');
    const { body: ended } = await block('alma-old', 'Alma');
    await api.send('delete', `${path}/blocked-devices/${ended.blocked_device_id}`, undefined, keyed('unblock'));
    await api.post(`${path}/transfer`, { customer_id: 'b', issued_to: 'Bertold' });
    await block('bertold-pc', 'Bertold');
    await logged();
    await erase('a');
    expect(traces(await everythingStored(app.database, app.secrets), ['Alma'])).toEqual([]);
    const blocked = (await api.get(`${path}/blocked-devices`)).body.data as Wire[];
    expect(blocked).toMatchObject([{ fingerprint: 'bertold-pc', reason: { text: 'Bertold called' } }]);
    const [{ counted } = {}] = await app.database.query<{ counted: number }>(
      'SELECT blocked_devices AS counted FROM licenses WHERE license_id = $1',
      [id],
    );
    expect(counted).toBe(1);
    const replay = await block('alma-mbp', 'Alma');
    expect(replay.body).toMatchObject({
      fingerprint: `erased-${replay.body.blocked_device_id}`,
      reason: { code: 'FRAUD' },
    });
    await logged();
    const events = (await api.get(`/v1/license-events?license_id=${id}&event_type=license.device_unblocked`)).body;
    expect((events.data as Wire[]).map(({ event_data }) => event_data.cause ?? null).sort()).toEqual([
      'ERASED',
      'ERASED',
      null,
    ]);
    // The count is right, so that a device is activated as on any other license.
    expect((await api.post(`${path}/activations`, { fingerprint: 'alma-mbp' })).status).toBe(200);
    expect((await api.post(`${path}/activations`, { fingerprint: 'bertold-pc' })).body.code).toBe('DEVICE_BLOCKED');
  });

  it('ends the seats of erased devices, which may be taken again, and those held by a file with the file', async () => {
    const template = await api.template({ max_activations: 2 });
    const { license_id: id, license_key } = await api.issue(template, { customer_id: 'a' });
    const path = `/v1/licenses/${id}`;
    await api.post(`${path}/activations`, { fingerprint: 'alma-mbp' });
    const file = { fingerprint: 'alma-offline', ttl_seconds: 3600 };
    const { expires_at } = (await api.post(`${path}/check-out`, file, keyed('file'))).body;
    await erase('a');
    const license = (await api.get(path)).body;
    expect(license.current_activations).toBe(1);
    const devices = (await api.get(`${path}/activations`)).body.data as Wire[];
    expect(devices.map(({ status, lease_expires_at }) => [status, lease_expires_at])).toEqual([
      ['ACTIVE', expires_at],
      ['DEACTIVATED', null],
    ]);
    await logged();
    const ended = (await api.get(`/v1/license-events?license_id=${id}&event_type=license.deactivated`)).body
      .data as Wire[];
    expect(ended).toMatchObject([
      { actor: { type: 'operator' }, event_data: { cause: 'ERASED', current_activations: 1 } },
    ]);
    const again = await app.anonymous().post('/v1/client/activate', { license_key, fingerprint: 'alma-mbp' });
    expect(again.status).toBe(200);
    expect((await api.get(path)).body.current_activations).toBe(2);
  });

  it('answers a retry of a check-out with a problem, since no part of a signed file can be removed', async () => {
    const { license_id } = await api.issue(await api.template(), { customer_id: 'a' });
    const check = () => api.post(`/v1/licenses/${license_id}/check-out`, { fingerprint: 'alma' }, keyed('file'));
    expect((await check()).status).toBe(200);
    await erase('a');
    const { status, body } = await check();
    expect({ status, code: body.code }).toEqual({ status: 409, code: 'IDEMPOTENCY_RESULT_ERASED' });
  });

  it('may be run again, and then finds nothing', async () => {
    await api.create('/v1/customers', { customer_id: 'a', first_name: 'Alma' });
    await api.issue(await api.template(), { customer_id: 'a' });
    expect((await erase('a')).licenses).toBe(1);
    expect(await erase('a')).toEqual({ licenses: 0, devices: 0, events: 0, results: 0, emails: 0, runs: 0 });
  });
});

describe('erasure under load, with two server processes', () => {
  const KEYS = { MASTER_KEY: randomBytes(32).toString('hex'), LOOKUP_KEY: randomBytes(32).toString('hex') };
  const secrets = new Secrets([Buffer.from(KEYS.MASTER_KEY, 'hex')], Buffer.from(KEYS.LOOKUP_KEY, 'hex'));
  /** Each is told to the server in one place alone. */
  const PLANTED = Array.from({ length: 29 }, (_, n) => `zq${n.toString(36)}x`);
  const planted = (n: number) => PLANTED[n] ?? '';
  let database: TestDatabase;
  let servers: ServerProcess[];
  let key: string;

  beforeAll(async () => {
    database = await TestDatabase.create();
    key = generateApiKey();
    await withClient(database.ownerUrl, (owner) => new TenantRegistry(owner).create('t', key, new Date()));
    const environment = {
      ...KEYS,
      DATABASE_URL: database.applicationUrl,
      WORKFLOWS: 'off',
      CLIENT_RATE_PER_ADDRESS: '1000000',
      CLIENT_RATE_PER_LICENSE: '1000000',
    };
    servers = [await ServerProcess.create(environment), await ServerProcess.create(environment)];
    await Promise.all(servers.map((server) => server.start()));
  }, 120_000);

  afterAll(async () => {
    await Promise.all(servers.map((server) => server.cleanUp()));
    await database.drop();
  });

  let turn = 0;
  async function send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const server = servers[turn++ % 2];
    const response = await fetch(`${server?.url}/v1${path}`, {
      method,
      headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    return { status: response.status, text: await response.text() };
  }
  const ask = async (...request: Parameters<typeof send>): Promise<Wire> => {
    const { status, text } = await send(...request);
    if (status >= 300) throw new Error(`${request[0]} ${request[1]} answered ${status}: ${text}`);
    return JSON.parse(text);
  };

  it('leaves none of 29 planted strings in the database, the API, exports, replays and logs', async () => {
    await ask('POST', '/products', { product_id: 'p', name: 'P' });
    const { template_id } = await ask('POST', '/license-templates', {
      template_name: 'T',
      product_id: 'p',
      license_type: 'SUBSCRIPTION',
      license_model: 'PER_SEAT',
      max_activations: 2,
    });
    /** Requests with an idempotency key, to be sent again. */
    const replays: Parameters<typeof send>[] = [];
    const once = (method: string, path: string, body: unknown): Promise<Wire> => {
      const request = [method, path, body, { 'Idempotency-Key': `${replays.length}` }] as const;
      replays.push([...request]);
      return ask(...request);
    };
    const customer = {
      customer_id: 'a',
      first_name: planted(0),
      last_name: planted(1),
      email: `${planted(2)}@example.com`,
      company_name: planted(3),
      metadata: { [planted(4)]: planted(5) },
    };
    await once('POST', '/customers', customer);
    await once('PATCH', '/customers/a', { company_name: planted(6), reason: { code: 'OTHER', text: planted(26) } });
    const note = await once('POST', '/customers/a/notes', { text: 'A note.' });
    await once('DELETE', `/customers/a/notes/${note.note_id}`, { reason: { code: 'OTHER', text: planted(27) } });
    await once('POST', '/subscriptions', { subscription_id: 's', customer_id: 'a', template_id });
    await once('PATCH', '/subscriptions/s', {
      cancel_at_period_end: true,
      reason: { code: 'OTHER', text: planted(28) },
    });
    const order = { license_template_id: template_id, customer_id: 'a' };
    const kept = await once('POST', '/licenses', {
      ...order,
      issued_to: planted(7),
      metadata: { [planted(8)]: planted(9) },
    });
    const given = await once('POST', '/licenses', { ...order, metadata: { note: planted(10) } });
    await once('POST', '/licenses:find', { license_key: kept.license_key });
    await once('POST', '/licenses:find', { license_key: given.license_key });
    const line = JSON.stringify({ ...order, issued_to: planted(11), reason: { code: 'OTHER', text: planted(12) } });
    await send('POST', '/licenses:batch-issue', `${line}\n`, { 'Content-Type': NDJSON, 'Idempotency-Key': 'batch' });
    const device = {
      fingerprint: planted(13),
      name: planted(14),
      hostname: planted(15),
      user_id: planted(16),
      metadata: { note: planted(17) },
    };
    await once('POST', `/licenses/${kept.license_id}/activations`, device);
    await once('POST', `/licenses/${kept.license_id}/check-out`, { fingerprint: planted(18), nonce: planted(19) });
    const refused = await send('POST', `/licenses/${kept.license_id}/activations`, { fingerprint: planted(20) });
    expect(refused.status).toBe(409);
    await once('POST', `/licenses/${kept.license_id}/renew`, {
      months: 1,
      reason: { code: 'OTHER', text: planted(21) },
    });
    await once('POST', `/licenses/${given.license_id}/activations`, {
      fingerprint: planted(22),
      hostname: planted(23),
    });
    await once('POST', `/licenses/${given.license_id}/transfer`, {
      customer_id: 'b',
      issued_to: 'Bertold',
      reason: { code: 'OTHER', text: planted(24) },
    });
    await once('PATCH', `/licenses/${given.license_id}`, { metadata: { other: 'of b' } });

    let isSending = true;
    const load = (request: (n: number) => Parameters<typeof send>) =>
      (async () => {
        for (let n = 0; isSending; n++) await send(...request(n));
      })();
    const loads = [
      ...Array.from({ length: 3 }, () => load(() => ['POST', '/licenses', order])),
      load((n) => ['POST', '/licenses', { ...order, issued_to: `${planted(25)} ${n}` }]),
      load((n) => ['POST', '/licenses', { ...order, customer_id: 'b', issued_to: `Bertold ${n}` }]),
      load((n) => [
        'POST',
        `/licenses/${kept.license_id}/activations`,
        { ...device, fingerprint: `${planted(13)} ${n}` },
      ]),
      load((n) => ['POST', `/licenses/${given.license_id}/transfer`, { customer_id: n % 2 ? 'b' : 'a' }]),
    ];
    await eventually(async () => {
      const [row] = await database.query<{ count: number }>('SELECT count(*)::int AS count FROM licenses');
      expect(row?.count).toBeGreaterThan(100);
    });
    isSending = false;
    await withClient(database.ownerUrl, (owner) => eraseCustomer(owner, secrets, 't', 'a', new Date()));
    await Promise.all(loads);

    expect(traces(await everythingStored(database, secrets), PLANTED)).toEqual([]);
    await eventually(async () => expect(await database.query('SELECT 1 FROM outbox')).toEqual([]));
    const answers = await Promise.all([
      ...['/customers', '/licenses', '/license-events'].flatMap((path) => [
        send('GET', path, undefined, { Accept: NDJSON }),
        send('GET', path, undefined, { Accept: 'text/csv' }),
      ]),
      ...[kept, given].flatMap(({ license_id }) => [
        send('GET', `/licenses/${license_id}`),
        send('GET', `/licenses/${license_id}/activations`),
        send('POST', `/licenses/${license_id}/explain`, {}),
      ]),
      send('POST', '/licenses:batch-issue', `${line}\n`, { 'Content-Type': NDJSON, 'Idempotency-Key': 'batch' }),
      ...replays.map((request) => send(...request)),
    ]);
    expect(answers.filter(({ status }) => status >= 500)).toEqual([]);
    expect(answers.flatMap(({ text }) => traces(text, PLANTED))).toEqual([]);
    expect(answers.map(({ text }) => text).join('\n')).toContain('Bertold');
    expect(servers.flatMap(({ output }) => traces(output, PLANTED))).toEqual([]);
  }, 120_000);
});
