import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { withClient } from '../../src/database/with-client.js';
import { MetadataValuesRepository } from '../../src/licensing/metadata-filters/metadata-values.repository.js';
import { UnitOfWork } from '../../src/shared/persistence/unit-of-work.js';
import type { Api, Wire } from '../support/api.js';
import { TestApp } from '../support/app.js';
import { copyLicenses } from '../support/copy-licenses.js';
import { eventually } from '../support/eventually.js';

const NDJSON_TYPE = { 'Content-Type': 'application/x-ndjson' };

describe('filters by metadata', () => {
  let app: TestApp;
  let api: Api;
  let template: string;

  beforeAll(async () => {
    app = await TestApp.start();
    api = await app.tenant();
    template = await api.template({ max_activations: null });
  });

  afterAll(() => app.stop());

  /** Declares these keys and waits until they are ready. */
  const declare = async (by: Api, ...metadata_filters: string[]) => {
    expect((await by.patch('/v1/settings', { metadata_filters })).status).toBe(200);
    await eventually(async () => {
      expect((await by.get('/v1/settings')).body).toMatchObject({ metadata_filters, metadata_filters_pending: [] });
    });
  };
  const idsOf = (licenses: Wire[]) => licenses.map(({ license_id }) => license_id as string);
  const found = async (filter: string) =>
    idsOf((await api.get(`/v1/licenses?limit=100&${filter}`)).body.data as Wire[]);
  /** The rows that are stored, and those that follow from the licenses and the declared keys. */
  const stored = () =>
    app.database.query(
      'SELECT license_id, key, value, created_at FROM license_metadata_values WHERE tenant_id = $1 ORDER BY 1, 2',
      [api.tenantId],
    );
  const expected = () =>
    app.database.query(
      `SELECT license_id, key, metadata ->> key AS value, licenses.created_at FROM licenses, tenants, unnest(metadata_filters) AS key
       WHERE tenant_id = $1 AND tenants.id = $1 AND jsonb_typeof(metadata -> key) IN ('string', 'number', 'boolean')
         AND length(metadata ->> key) BETWEEN 1 AND 255 ORDER BY 1, 2`,
      [api.tenantId],
    );

  it('find the licenses that existed and those that are issued, edited and imported later, page by page', async () => {
    const issue = async (metadata: Wire, more: Wire = {}) =>
      (await api.issue(template, { metadata, ...more })).license_id as string;
    const [north, south] = [await issue({ region: 'north', seats: 5, vip: true }), await issue({ region: 'south' })];
    const none = [
      await issue({ region: '' }),
      await issue({ region: { deep: 'north' } }),
      await issue({ region: 'x'.repeat(256) }),
      await issue({}),
    ];
    const refused = await api.get('/v1/licenses?metadata.region=north');
    expect(refused).toMatchObject({
      status: 400,
      body: { code: 'FILTER_NOT_DECLARED', next: { action: 'fix_request' } },
    });
    await declare(api, 'region', 'seats', 'vip');
    expect(await found('metadata.region=north')).toEqual([north]);
    expect(await found('metadata.seats=5&metadata.vip=true&metadata.region=north')).toEqual([north]);
    expect(await found('metadata.region=north&metadata.vip=false')).toEqual([]);

    // By the key of an issue, in an order, from a batch and by an import; then edits, which add, change and remove.
    const once = (
      await api.post(
        '/v1/licenses',
        { license_template_id: template, customer_id: 'c', metadata: { region: 'north' } },
        { 'Idempotency-Key': 'one' },
      )
    ).body.license_id as string;
    const overridden = await issue({ region: 'south' }, { overrides: { metadata: { region: 'north' } } });
    const line = { license_template_id: template, customer_id: 'c', metadata: { region: 'north' } };
    const [batch] = (await api.send('post', '/v1/licenses:batch-issue', line, NDJSON_TYPE)).body as Wire[];
    const imported = {
      customer: { customer_id: 'i' },
      license_template_id: template,
      license_key: 'a foreign license key',
      metadata: { region: 'north' },
    };
    const [row] = (await api.send('post', '/v1/licenses:import', imported, NDJSON_TYPE)).body as Wire[];
    expect(row).toMatchObject({ outcome: 'IMPORTED' });
    const [first = ''] = none;
    for (const [id, metadata] of [
      [first, { region: 'north' }],
      [south, { region: null, seats: 1e3 }],
      [once, { other: 1 }],
    ] as const)
      expect((await api.patch(`/v1/licenses/${id}`, { metadata })).status).toBe(200);
    const all = [row.license_id, batch.license.license_id, overridden, once, first, north] as string[];
    expect(new Set(await found('metadata.region=north'))).toEqual(new Set(all));
    expect(await found('metadata.seats=1000')).toEqual([south]);
    expect(await found('metadata.region=south')).toEqual([]);
    expect(await stored()).toEqual(await expected());

    const newest = await found('metadata.region=north');
    const pages: string[] = [];
    for (let cursor = ''; ;) {
      const { body } = await api.get(`/v1/licenses?limit=2&metadata.region=north${cursor}`);
      pages.push(...idsOf(body.data as Wire[]));
      if (body.next_cursor === null) break;
      cursor = `&cursor=${body.next_cursor as string}`;
    }
    expect(pages).toEqual(newest);
    const lines = await api.getAs('application/x-ndjson', '/v1/licenses?metadata.region=north');
    expect(idsOf(lines.body as Wire[])).toEqual(newest);
    const csv = await api.get('/v1/licenses?metadata.region=north&format=csv');
    expect(csv.text.trim().split('\n')).toHaveLength(newest.length + 1);
    const filter = { 'metadata.region': 'north', status: 'ACTIVE', trial: false };
    const selected = await api.post('/v1/licenses:select', filter);
    expect(idsOf(selected.body as Wire[])).toEqual(newest);
    expect(await found('metadata.region=north&expires_before=2999-01-01T00:00:00Z&status=SUSPENDED')).toEqual([]);
  });

  it.each([
    ['an empty value', 'metadata.region='],
    ['two values', 'metadata.region=a&metadata.region=b'],
    ['no key', 'metadata.=a'],
    ['a malformed key', 'metadata..a=a'],
    ['an unknown parameter', 'region=a'],
    ['a long value', `metadata.region=${'x'.repeat(256)}`],
    ['a key that is not declared', 'metadata.unknown=a'],
  ])('refuse %s', async (_, filter) => {
    expect((await api.get(`/v1/licenses?${filter}`)).status).toBe(400);
    const [name = '', value = ''] = filter.split('&')[0]!.split('=');
    if (!filter.includes('&')) expect((await api.post('/v1/licenses:select', { [name]: value })).status).toBe(400);
  });

  it('leave with their key', async () => {
    await declare(api, 'seats');
    expect((await api.get('/v1/licenses?metadata.region=north')).body.code).toBe('FILTER_NOT_DECLARED');
    const keys = new Set((await stored()).map(({ key }: Wire) => key as string));
    expect([...keys]).toEqual(['seats']);
    for (const metadata_filters of [['a', 'a'], ['a', 'b', 'c', 'd', 'e', 'f'], ['.a'], ['']])
      expect((await api.patch('/v1/settings', { metadata_filters })).status).toBe(400);
  });

  it('wait for a transaction that began before the key was declared, and find what it stored', async () => {
    await withClient(app.database.applicationUrl, async (client) => {
      await client.query(`BEGIN; SELECT set_config('app.tenant_id', '${api.tenantId}', true)`);
      // As a statement would that read the settings before: it stores no values.
      await client.query(
        `UPDATE licenses SET metadata = '{"late": "yes"}' WHERE license_id = (
           SELECT license_id FROM licenses WHERE metadata = '{}' LIMIT 1)`,
      );
      const waiting = jest.spyOn(app.nest.get(MetadataValuesRepository), 'transactionsInProgress');
      expect((await api.patch('/v1/settings', { metadata_filters: ['late'] })).status).toBe(200);
      await eventually(() => {
        expect(waiting.mock.calls.length).toBeGreaterThan(2);
      });
      waiting.mockRestore();
      expect(await api.get('/v1/licenses?metadata.late=yes')).toMatchObject({
        status: 409,
        body: { code: 'FILTER_NOT_READY', next: { action: 'retry' } },
      });
      await client.query('COMMIT');
    });
    await eventually(async () => {
      expect(await found('metadata.late=yes')).toHaveLength(1);
    });
  });

  it('are exact when licenses are issued and edited while keys are declared and withdrawn', async () => {
    const licenses = await Promise.all(
      Array.from(
        { length: 8 },
        async (_, n) => (await api.issue(template, { metadata: { tier: `t${n}` } })).license_id as string,
      ),
    );
    let running = true;
    const work = licenses.map(async (id, n) => {
      for (let round = 0; running; round++) {
        const tier = round % 3 === 0 ? null : `t${n}-${round}`;
        await api.patch(`/v1/licenses/${id}`, { metadata: { tier } });
        if (n < 2) await api.issue(template, { metadata: { tier: 'new' } });
      }
    });
    for (const keys of [['tier'], [], ['tier'], ['late', 'tier'], [], ['tier']]) {
      expect((await api.patch('/v1/settings', { metadata_filters: keys })).status).toBe(200);
      await api.get('/v1/licenses');
    }
    await declare(api, 'tier');
    running = false;
    await Promise.all(work);
    const rows = await stored();
    expect(rows.length).toBeGreaterThan(2);
    expect(rows).toEqual(await expected());
  });

  it('read a page by the index of the values, in its order', async () => {
    await declare(api, 'plan');
    const gold = (await api.issue(template, { metadata: { plan: 'gold' } })).license_id as string;
    await copyLicenses(app.database, gold, 20_000, {
      license_key_sealed: `license_key_sealed`,
      metadata: `jsonb_build_object('plan', 'p' || n % 50)`,
    });
    await app.database.query(
      `INSERT INTO license_metadata_values SELECT tenant_id, license_id, 'plan', metadata ->> 'plan', created_at FROM licenses
       WHERE metadata ? 'plan' ON CONFLICT DO NOTHING`,
    );
    await app.database.query('ANALYZE license_metadata_values');
    const called = jest.spyOn(app.nest.get(UnitOfWork), 'queryStandalone');
    const first = (await api.get('/v1/licenses?limit=20&metadata.plan=p7')).body;
    await api.get(`/v1/licenses?limit=20&metadata.plan=p7&cursor=${first.next_cursor as string}`);
    await api.get('/v1/licenses?metadata.plan=gold&status=ACTIVE');
    const statements = called.mock.calls
      .map(([sent]) => sent)
      .filter(({ text }) => text.includes('license_metadata_values'));
    called.mockRestore();
    expect(statements).toHaveLength(3);
    await withClient(app.database.applicationUrl, async (client) => {
      await client.query('SET enable_seqscan = off');
      for (const { text, values } of statements) {
        const { rows } = await client.query<{ 'QUERY PLAN': string }>(
          `EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) ${text}`,
          values,
        );
        const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
        expect(plan).toContain('license_metadata_values_page');
        expect(plan).not.toContain('Sort');
        const read = [...plan.matchAll(/actual rows=([\d.]+)/g)].map(([, count]) => Number(count));
        expect(Math.max(...read)).toBeLessThanOrEqual(101);
      }
    });
  });
});
