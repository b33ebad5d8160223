import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import supertest from 'supertest';
import { NDJSON, type Api, type Wire } from '../support/api.js';
import { IDLE_ENGINE, TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { operations } from '../support/openapi.js';

const CSV = 'text/csv';
/** Far more than the connection takes up while nobody reads. */
const MANY = 12_000;
const PAGE = 100;
/** Lists whose cursor is a position in the event log. */
const FOLLOW_THE_LOG = ['/v1/license-events', '/v1/licenses/{license_id}/files'];

const idsOf = (rows: readonly Wire[]) => rows.map(({ customer_id }) => customer_id as string);

/** Reads an answer bit by bit, as fast as the test likes, on a connection of its own. */
class SlowReader {
  private readonly parts: Buffer[] = [];

  private constructor(private readonly answer: IncomingMessage) {}

  static async open(url: string, { key = '' }: Api, accept = NDJSON): Promise<SlowReader> {
    const request = get(url, { agent: false, headers: { Authorization: `Bearer ${key}`, Accept: accept } });
    const [answer] = (await once(request, 'response')) as [IncomingMessage];
    expect(answer.statusCode).toBe(200);
    return new SlowReader(answer.once('error', () => undefined));
  }

  /** As much as one read gives. */
  async step(): Promise<void> {
    await once(this.answer, 'readable');
    this.parts.push(this.answer.read() as Buffer);
  }

  /** All rows to the end; fails when the answer breaks off. */
  async rest(): Promise<Wire[]> {
    for await (const part of this.answer) this.parts.push(part as Buffer);
    const lines = Buffer.concat(this.parts).toString('utf8').split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line));
  }

  leave(): void {
    this.answer.destroy();
  }
}

describe('the export of a list', () => {
  let app: TestApp;
  let url: string;

  beforeAll(async () => {
    // The relay asks the database only at the start.
    app = await TestApp.start({ environment: { RELAY_INTERVAL_MS: '600000', ...IDLE_ENGINE } });
    url = await app.nest.getUrl();
  });

  afterAll(() => app.stop());

  /** Customers `c00001`, `c00002` …, a second apart, the last one newest, each of some 3 KB. */
  const addCustomers = (tenantId: string, count: number) =>
    app.database.query(
      `INSERT INTO customers (tenant_id, customer_id, last_name, active, metadata, version, created_at, updated_at)
       SELECT $1, 'c' || lpad(n::text, 5, '0'), 'Name ' || n, n % 2 = 0, jsonb_build_object('text', repeat('x', 3000)), 1,
              timestamptz '2026-01-01Z' + n * interval '1 second', timestamptz '2026-01-01Z'
       FROM generate_series(1, $2::int) n`,
      [tenantId, count],
    );
  const paged = async (as: Api, path: string): Promise<Wire[]> => {
    const rows: Wire[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const { body } = await as.get(`${path}${path.includes('?') ? '&' : '?'}limit=2${cursor && `&cursor=${cursor}`}`);
      rows.push(...(body.data as Wire[]));
      cursor = body.next_cursor as string | null;
    }
    return rows;
  };
  const lines = async (as: Api, path: string): Promise<Wire[]> => {
    const response = await as.getAs(NDJSON, path);
    expect(response.status).toBe(200);
    return response.body as Wire[];
  };
  const cells = async (as: Api, path: string): Promise<Record<string, string>[]> => {
    const response = await as.getAs(CSV, path);
    expect(response.status).toBe(200);
    return parse(response.text, { columns: true, record_delimiter: '\r\n' });
  };
  /** Text of a value in a cell of CSV. */
  const cell = (value: unknown) => {
    if (value === null) return '';
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return typeof value === 'string' && /^[=+\-@]/.test(text) ? `'${text}` : text;
  };

  /** Resolves when the server has asked the database for nothing for a while. */
  const nothingAsked = async () => {
    let [last, looks] = ['', 0];
    await eventually(async () => {
      const [row] = await app.database.query<{ now: string }>(
        'SELECT max(state_change)::text AS now FROM pg_stat_activity WHERE datname = current_database() AND usename = $1',
        [app.database.applicationRole],
      );
      looks = row?.now === last ? looks + 1 : 0;
      last = row?.now ?? '';
      expect(looks).toBeGreaterThan(10);
    });
  };

  describe('of every kind', () => {
    let platform: Api;
    let full: Api;
    let license: Wire;
    let pool: Wire;
    const secrets: string[] = [];

    const addPartners = async (api: Api, license_template_id: string) => {
      for (let n = 0; n < 3; n++) {
        const { partner_id } = await api.create('/v1/partners', { name: `=Partner ${n}`, metadata: { n } });
        await api.post(`/v1/partners/${partner_id}/approve`, {});
        const terms = { partner_id: partner_id as string, license_template_id, quantity: 3 };
        pool = await api.create('/v1/license-pools', terms);
        const invitation = await api.create('/v1/partner-invitations', { partner_id: partner_id as string });
        if (api === full) secrets.push(invitation.code as string);
      }
      for (let n = 0; n < 3; n++) await api.post(`/v1/license-pools/${pool.pool_id}/allot`, { quantity: 1 });
    };

    beforeAll(async () => {
      [platform, full] = [await app.platform(), await app.tenant()];
      await app.tenant();
      for (const other of [full, await app.tenant()]) {
        const template = await other.template({ template_id: 't', max_activations: null });
        await other.template();
        await other.template();
        for (let n = 0; n < 5; n++) {
          license = await other.issue(template, {
            customer_id: `customer-${n % 2}`,
            metadata: { n, nested: { of: n } },
          });
          const key = await other.create('/v1/api-keys', { name: `=key ${n}`, role: 'read-only' });
          secrets.push(license.license_key as string, key.api_key as string);
          await other.create('/v1/customers', { last_name: `Öhm, "${n}"`, metadata: { n: -n } });
          await other.create('/v1/signing-keys', {});
          const about = { template: 'renewal_reminder', license_id: license.license_id as string };
          await other.create('/v1/email-messages', { ...about, to: `=n${n}@example.com` });
          const texts = { subject: `=${n}`, text: 'a,\n"b"', html: '<p>c</p>' };
          const language = ['de', 'es', 'fr', 'it', 'pt'][n];
          await other.send('put', `/v1/email-templates/trial_ending/${language}`, texts);
          const lines = [{ kind: 'ISSUE', license_template_id: template, unit_price: n }];
          const sale = { customer_id: `customer-${n % 2}`, currency: 'EUR', lines };
          await other.create('/v1/orders', { ...sale, external_id: n });
          await other.create('/v1/quotes', { ...sale, valid_until: '2099-01-01T00:00:00Z' });
          const subscription = { subscription_id: `sub-${n}`, customer_id: 'customer-1', template_id: template };
          await other.create('/v1/subscriptions', subscription);
          const event = { event_id: `=e-${n}`, occurred_at: '2025-01-01T00:00:00Z', kind: 'paused' };
          await other.post('/v1/subscriptions/sub-0/events', event);
          const input = { lead: { last_name: `Öhm ${n}` }, license_template_id: 'any', welcome: false };
          expect((await other.post('/v1/workflow-runs', { workflow: 'lead-to-customer', input })).status).toBe(202);
        }
        for (const fingerprint of ['a', 'b', 'c']) {
          const path = `/v1/licenses/${license.license_id}/activations`;
          expect((await other.post(path, { fingerprint, name: '@device' })).status).toBe(200);
          const file = `/v1/licenses/${license.license_id}/check-out`;
          expect((await other.post(file, { fingerprint })).status).toBe(200);
          await other.create('/auth/session', { api_key: other.key });
          const blocked = { fingerprint: `=${fingerprint}`, reason: { code: 'OTHER', text: '+1' } };
          const blocks = `/v1/licenses/${license.license_id}/blocked-devices`;
          expect((await other.post(blocks, blocked)).status).toBe(200);
        }
        await other.create('/v1/customers', { customer_id: 'noted', last_name: 'Noted' });
        for (const text of ['=1', '"two"', 'three']) await other.create('/v1/customers/noted/notes', { text });
        await addPartners(other, template);
        if (other === full) continue;
        license = (await full.get('/v1/licenses?limit=1')).body.data[0];
        pool = (await full.get('/v1/license-pools?limit=1')).body.data[0];
      }
    });

    // Reports are no lists of rows; test/sql/reports.spec.ts is about them.
    const lists = () =>
      operations(app.document).filter(
        ({ path, operation }) => 'x-csv-columns' in operation && !path.startsWith('/v1/reports/'),
      );
    const pathOf = (path: string) =>
      path
        .replace('{license_id}', license.license_id as string)
        .replace('{customer_id}', 'noted')
        .replace('{subscription_id}', 'sub-0')
        .replace('{pool_id}', pool.pool_id as string);
    const callerOf = (path: string) => (path === '/v1/tenants' ? platform : full);

    it('has the rows of all pages in their order, as lines and as cells, and the columns of a row', async () => {
      expect(
        lists()
          .map(({ path }) => path)
          .sort(),
      ).toEqual([
        '/v1/api-keys',
        '/v1/customers',
        '/v1/customers/{customer_id}/notes',
        '/v1/email-messages',
        '/v1/email-templates',
        '/v1/license-events',
        '/v1/license-pools',
        '/v1/license-pools/{pool_id}/entries',
        '/v1/license-templates',
        '/v1/licenses',
        '/v1/licenses/{license_id}/activations',
        '/v1/licenses/{license_id}/blocked-devices',
        '/v1/licenses/{license_id}/files',
        '/v1/orders',
        '/v1/partner-invitations',
        '/v1/partners',
        '/v1/products',
        '/v1/quotes',
        '/v1/sessions',
        '/v1/signing-keys',
        '/v1/subscriptions',
        '/v1/subscriptions/{subscription_id}/events',
        '/v1/tenants',
        '/v1/workflow-runs',
      ]);
      for (const { path, operation } of lists()) {
        const [as, list] = [callerOf(path), pathOf(path)];
        // The log is written, and the use of keys noted, a moment later.
        await eventually(async () => {
          const rows = await paged(as, list);
          expect({ path, several: rows.length >= 3 }).toEqual({ path, several: true });
          expect({ path, rows: await lines(as, list) }).toEqual({ path, rows });
          const asText = rows.map((row) =>
            Object.fromEntries(Object.entries(row as object).map(([name, value]) => [name, cell(value)])),
          );
          expect({ path, rows: await cells(as, list) }).toEqual({ path, rows: asText });
          const { text } = await as.getAs(CSV, list);
          const header = text.slice(0, text.indexOf('\r\n')).split(',');
          expect(header).toEqual(Object.keys(rows[0] as object).map((name) => `"${name}"`));
          expect((operation as Wire)['x-csv-columns']).toEqual(Object.keys(rows[0] as object));
        });
      }
    });

    it("has no secret, and nothing of another tenant's", async () => {
      expect(secrets).toHaveLength(23);
      for (const { path } of lists().filter((list) => list.path !== '/v1/tenants')) {
        for (const form of [NDJSON, CSV]) {
          const { text, body } = await full.getAs(form, pathOf(path));
          const all = form === NDJSON ? JSON.stringify(body) : text;
          expect({ path, form, secrets: secrets.filter((secret) => all.includes(secret)) }).toMatchObject({
            secrets: [],
          });
        }
        const rows = await lines(full, pathOf(path));
        // Files are those of the license in the path, so their rows name no tenant.
        const others = path.endsWith('/files')
          ? rows.filter(({ license_id }) => license_id !== license.license_id)
          : rows.filter(({ tenant_id }) => tenant_id !== full.tenantId);
        expect({ path, others }).toEqual({ path, others: [] });
      }
    });

    it('narrows and sorts as the list does', async () => {
      for (const [list, count] of [
        ['/v1/licenses?customer_id=customer-1', 2],
        ['/v1/licenses?status=ACTIVE&template_id=t', 5],
        ['/v1/licenses?status=REVOKED', 0],
        ['/v1/customers?q=öHM', 5],
        ['/v1/customers?active=false', 0],
        ['/v1/products?q=prod', 3],
        ['/v1/orders?customer_id=customer-0', 3],
        ['/v1/orders?external_id=4&status=PENDING', 1],
        ['/v1/orders?payment_status=PAID', 1],
        ['/v1/quotes?status=DRAFT', 5],
        ['/v1/quotes?status=EXPIRED', 0],
        [`/v1/licenses/${license.license_id}/activations?status=ACTIVE`, 3],
        [`/v1/licenses/${license.license_id}/blocked-devices?fingerprint=%3Da`, 1],
        [`/v1/license-events?order=desc&license_id=${license.license_id}`, 11],
        ['/v1/license-events?order=asc&event_type=license.created', 5],
      ] as const) {
        await eventually(async () => {
          const rows = await paged(full, list);
          expect({ list, count: rows.length }).toEqual({ list, count });
          expect({ list, rows: await lines(full, list) }).toEqual({ list, rows });
          expect({ list, count: (await cells(full, list)).length }).toEqual({ list, count });
        });
      }
    });

    it('is refused as the list is, as a problem', async () => {
      const stranger = await app.key(full.tenantId, ['me:none']);
      for (const form of [NDJSON, CSV]) {
        for (const { path } of lists()) {
          expect((await app.anonymous().getAs(form, pathOf(path))).status).toBe(401);
          expect((await stranger.getAs(form, pathOf(path))).body.code).toBe('PERMISSION_DENIED');
          const { status, body, type } = await callerOf(path).getAs(form, `${pathOf(path)}?cursor=x`);
          expect({ status, code: body.code, type }).toEqual({
            status: 400,
            code: FOLLOW_THE_LOG.includes(path) ? 'VALIDATION_FAILED' : 'CURSOR_MISMATCH',
            type: 'application/problem+json',
          });
          expect((await callerOf(path).getAs(form, `${pathOf(path)}?limit=0`)).status).toBe(400);
          expect((await callerOf(path).getAs(form, `${pathOf(path)}?limit=101`)).status).toBe(400);
        }
        const missing = '/v1/licenses/01890000-0000-7000-8000-000000000000/activations';
        expect((await full.getAs(form, missing)).body.code).toBe('LICENSE_NOT_FOUND');
      }
    });
  });

  it('of an empty list is nothing, or the header alone', async () => {
    const empty = await app.tenant();
    expect((await empty.getAs(NDJSON, '/v1/customers')).body).toEqual([]);
    const { text } = await empty.getAs(CSV, '/v1/customers');
    expect(text).toMatch(/^"customer_id","tenant_id",[^\r\n]*"updated_at"\r\n$/);
  });

  it('says what it is and what to call it', async () => {
    const empty = await app.tenant();
    const csv = await empty.getAs(CSV, '/v1/license-templates');
    expect(csv.headers).toMatchObject({
      'content-type': 'text/csv; charset=utf-8; header=present',
      'content-disposition': 'attachment; filename="license-templates.csv"',
      'cache-control': 'no-store',
    });
    const ndjson = await empty.getAs(NDJSON, '/v1/license-events');
    expect(ndjson.headers).toMatchObject({
      'content-type': NDJSON,
      'content-disposition': 'attachment; filename="license-events.ndjson"',
    });
    for (const accept of ['*/*', 'application/json', 'image/png', 'application/json, text/csv']) {
      const page = await empty.getAs(accept, '/v1/customers');
      expect({ accept, body: page.body }).toEqual({ accept, body: { data: [], next_cursor: null } });
      expect(page.headers['content-disposition']).toBeUndefined();
    }
    // Responses that are no lists stay as they were.
    expect((await empty.getAs('application/json, text/csv;q=0.9', '/v1/me')).status).toBe(200);
    expect((await empty.getAs(CSV, '/v1/me')).type).toBe('application/json');
  });

  it('begins after the cursor, and with a limit ends with the page', async () => {
    const tenant = await app.tenant();
    await addCustomers(tenant.tenantId, 450);
    const all = idsOf(await lines(tenant, '/v1/customers'));
    expect(all).toEqual(Array.from({ length: 450 }, (_, n) => `c${String(450 - n).padStart(5, '0')}`));
    const { next_cursor } = (await tenant.get('/v1/customers?limit=30')).body;
    expect(idsOf(await lines(tenant, `/v1/customers?cursor=${next_cursor}`))).toEqual(all.slice(30));
    expect(idsOf(await lines(tenant, `/v1/customers?cursor=${next_cursor}&limit=7`))).toEqual(all.slice(30, 37));
    expect(await cells(tenant, '/v1/customers?limit=100')).toHaveLength(100);
    expect((await cells(tenant, '/v1/customers')).map((row) => row.customer_id)).toEqual(all);
    expect(await lines(tenant, '/v1/customers?active=true')).toHaveLength(225);
  });

  it('holds no formula of a customer, whose exact name stands in the NDJSON', async () => {
    const tenant = await app.tenant();
    const names = [`=HYPERLINK("http://x/"&A1,"x")`, '+1', '-1+1', '@SUM(1)', '\t=1', '\r=1', '\n=1', '＝1', `a",=1`];
    for (const [n, last_name] of names.entries()) {
      await tenant.create('/v1/customers', {
        customer_id: `c${n}`,
        last_name,
        metadata: { n: -5, formula: last_name },
      });
    }
    const inCells = (await cells(tenant, '/v1/customers')).reverse();
    expect(inCells.map((row) => row.last_name)).toEqual(
      names.map((name) => (name.startsWith('a') ? name : `'${name}`)),
    );
    expect(inCells.map((row) => JSON.parse(row.metadata ?? '') as unknown)).toEqual(
      names.map((name) => ({ n: -5, formula: name })),
    );
    expect((await lines(tenant, '/v1/customers')).reverse().map(({ last_name }) => last_name as string)).toEqual(names);
  });

  it('has every row once that was there all the time, whatever comes and goes meanwhile', async () => {
    const tenant = await app.tenant();
    await addCustomers(tenant.tenantId, MANY);
    const reader = await SlowReader.open(`${url}/v1/customers`, tenant);
    await reader.step();
    // Every tenth goes, of those that were read already and of those that were not; others come, before, between and after.
    await app.database.query(`DELETE FROM customers WHERE tenant_id = $1 AND right(customer_id, 1) = '7'`, [
      tenant.tenantId,
    ]);
    await app.database.query(
      `INSERT INTO customers (tenant_id, customer_id, last_name, active, metadata, version, created_at, updated_at)
       SELECT $1, 'new-' || n, 'New', true, '{}', 1, timestamptz '2025-12-31 23:50Z' + n * interval '1 minute', now()
       FROM generate_series(1, 300) n`,
      [tenant.tenantId],
    );
    // Changes do not move a row.
    await app.database.query(`UPDATE customers SET last_name = 'Changed', updated_at = now() WHERE tenant_id = $1`, [
      tenant.tenantId,
    ]);
    const rows = await reader.rest();
    const ids = idsOf(rows);
    expect(new Set(ids).size).toBe(ids.length);
    const stayed = Array.from({ length: MANY }, (_, n) => `c${String(MANY - n).padStart(5, '0')}`).filter(
      (id) => !id.endsWith('7'),
    );
    expect(ids.filter((id) => id.startsWith('c') && !id.endsWith('7'))).toEqual(stayed);
    // It really was in the middle: the oldest that came is there, the newest is not, and most that went are not.
    expect(ids).toContain('new-1');
    expect(ids).not.toContain('new-300');
    expect(ids.filter((id) => id.endsWith('7')).length).toBeLessThan(MANY / 10);
    expect(rows.at(-1)).toMatchObject({ last_name: 'Changed' });
    expect(rows[0]).toMatchObject({ last_name: `Name ${MANY}` });
  });

  it('is read from the database no faster than by its client', async () => {
    const tenant = await app.tenant();
    await addCustomers(tenant.tenantId, MANY);
    const reader = await SlowReader.open(`${url}/v1/customers`, tenant);
    await nothingAsked();
    await app.database.query('DELETE FROM customers WHERE tenant_id = $1', [tenant.tenantId]);
    const rows = await reader.rest();
    expect(rows.length % PAGE).toBe(0);
    expect(rows.length).toBeGreaterThanOrEqual(PAGE);
    expect(rows.length).toBeLessThan(MANY / 2);
  });

  it('that fails in the middle breaks off, so that nobody takes it for the whole', async () => {
    const tenant = await app.tenant();
    await addCustomers(tenant.tenantId, MANY);
    for (const accept of [NDJSON, CSV]) {
      const reader = await SlowReader.open(`${url}/v1/customers`, tenant, accept);
      await reader.step();
      await app.database.query('ALTER TABLE customers RENAME TO customers_gone');
      try {
        await expect(reader.rest()).rejects.toThrow();
      } finally {
        await app.database.query('ALTER TABLE customers_gone RENAME TO customers');
      }
    }
    expect(await lines(tenant, '/v1/customers?limit=3')).toHaveLength(3);
  });

  it('is one of few at a time, fewer for one tenant, and makes room when its client is gone', async () => {
    const tenants = [await app.tenant(), await app.tenant(), await app.tenant()] as const;
    for (const tenant of tenants) await addCustomers(tenant.tenantId, MANY);
    const [first, second, third] = tenants;
    const open = (as: Api) => SlowReader.open(`${url}/v1/customers`, as);
    const readers = await Promise.all([first, first, first, first].map(open));
    const refused = await first.getAs(CSV, '/v1/customers');
    expect(refused).toMatchObject({ status: 503, body: { code: 'OVERLOADED' } });
    expect(refused.headers['retry-after']).toBe('1');
    expect((await first.get('/v1/customers')).status).toBe(200);
    readers.push(...(await Promise.all([second, second, second, second].map(open))));
    expect((await third.getAs(CSV, '/v1/customers')).status).toBe(503);
    readers.forEach((reader) => reader.leave());
    await eventually(async () => expect((await first.getAs(CSV, '/v1/customers?limit=1')).status).toBe(200));
    // Exports that were refused or ended, and HEAD requests, hold no slot.
    for (let n = 0; n < 10; n++) {
      expect((await third.getAs(CSV, '/v1/customers?cursor=x')).status).toBe(400);
      const head = await supertest(url)
        .head('/v1/customers')
        .set({ Authorization: `Bearer ${third.key ?? ''}`, Accept: CSV });
      expect(head).toMatchObject({ status: 200, type: CSV });
    }
    await eventually(async () => {
      for (let n = 0; n < 10; n++) expect((await third.getAs(NDJSON, '/v1/customers?limit=1')).status).toBe(200);
    });
  });

  it('is over when nothing was read for as long as a request may take, and not for twice as long', async () => {
    const environment = { HTTP_REQUEST_TIMEOUT_MS: '3000', HTTP_HEADERS_TIMEOUT_MS: '1000' };
    const impatient = await TestApp.start({ database: app.database, secrets: app.secrets, environment });
    const tenant = await app.tenant();
    await addCustomers(tenant.tenantId, MANY);
    const accepted = once(impatient.nest.getHttpServer(), 'connection') as Promise<[Socket]>;
    const reader = await SlowReader.open(`${await impatient.nest.getUrl()}/v1/customers`, tenant);
    const begun = performance.now();
    const [socket] = await accepted;
    await once(socket, 'close');
    const elapsedMs = performance.now() - begun;
    expect([elapsedMs > 2_500, elapsedMs < 5_500]).toEqual([true, true]);
    await expect(reader.rest()).rejects.toThrow();
    await impatient.stop();
  });
});

it('a server that stops breaks exports off, and does not wait for who reads them', async () => {
  const app = await TestApp.start();
  const tenant = await app.tenant();
  await app.database.query(
    `INSERT INTO customers (tenant_id, customer_id, last_name, active, metadata, version, created_at, updated_at)
     SELECT $1, 'c' || n, 'N', true, jsonb_build_object('text', repeat('x', 3000)), 1, now(), now()
     FROM generate_series(1, $2::int) n`,
    [tenant.tenantId, MANY],
  );
  const reader = await SlowReader.open(`${await app.nest.getUrl()}/v1/customers`, tenant);
  await reader.step();
  await app.stop();
  await expect(reader.rest()).rejects.toThrow();
});
