import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { QueryBus } from '@nestjs/cqrs';
import { withClient } from '../../src/database/with-client.js';
import { ListLicensesQuery } from '../../src/licensing/queries/list-licenses.query.js';
import { ListLicensesRequest } from '../../src/licensing/license.requests.js';
import { LicenseTimer } from '../../src/licensing/lifecycle/license-timer.js';
import { Actor } from '../../src/shared/access/actor.js';
import { UnitOfWork } from '../../src/shared/persistence/unit-of-work.js';
import { Clock } from '../../src/shared/time/clock.js';
import type { Api, Wire } from '../support/api.js';
import { TestApp } from '../support/app.js';

const START = Date.parse('2026-01-31T10:30:00.050Z');
const DAY_MS = 86_400_000;

describe('a list of licenses', () => {
  let app: TestApp;
  let api: Api;
  let days = 0;

  /** Licenses of which each has another member that is not the stored value of its column. */
  beforeAll(async () => {
    const clock = { now: () => new Date(START + days * DAY_MS) };
    app = await TestApp.start({ override: (builder) => builder.overrideProvider(Clock).useValue(clock) });
    // Without the timer, due renewals are not stored.
    await app.nest.get(LicenseTimer).beforeApplicationShutdown();
    api = await app.tenant();
    const issue = async (template: Wire, request: Wire = {}) => {
      const { license_id } = await api.issue(await api.template(template), request);
      return license_id as string;
    };
    const activate = async (id: string) =>
      expect((await api.post(`/v1/licenses/${id}/activations`, { fingerprint: 'f' })).status).toBe(200);
    await issue({ default_duration: null });
    await issue({ default_duration: 10, grace_period_days: 60 });
    await issue({ default_duration: 10, grace_period_days: 0 });
    await issue({ default_duration: 10, auto_renewal_enabled: true, grace_period_days: 3 });
    await issue({ license_type: 'TRIAL', default_duration: 365, trial_duration_days: 14 });
    await issue({ license_model: 'SITE_LICENSE', max_activations: 5 });
    await issue({ overage_policy: 'ALLOW', overage_factor: 1.15, max_activations: 7 });
    await issue({
      features: [
        { feature_id: 'f', feature_name: 'Ünïcode "quoted" \\ \u2028', limit_type: 'COUNT', limit_value: 1e15 },
      ],
      restrictions: [{ restriction_type: 'GEOGRAPHIC', operator: 'ALLOW', values: ['US'] }],
      pricing: { list: 1.5, tiers: [{ from: 1, price: 0.1 }] },
    });
    await issue(
      {},
      {
        issued_to: 'Müller "&" <Söhne>\t\u001f\\ 🎉',
        metadata: { note: 'a: b\n\u001f', deep: { list: [1, null, true] } },
      },
    );
    const floating = await issue({ license_type: 'CONCURRENT', max_activations: 3, default_duration: null });
    await activate(floating);
    const held = await issue({ max_activations: 2, default_duration: 365 });
    const file = { fingerprint: 'g', ttl_seconds: 2 * 86_400 };
    expect((await api.post(`/v1/licenses/${held}/check-out`, file)).status).toBe(200);
    await activate(await issue({ max_activations: 2 }));
    const anchored = await issue({ default_duration: 28 });
    expect((await api.post(`/v1/licenses/${anchored}/renew`, { months: 1 })).status).toBe(200);
    const suspended = await issue({ default_duration: 10 });
    expect((await api.post(`/v1/licenses/${suspended}/suspend`, { reason: { code: 'PAYMENT_OVERDUE' } })).status).toBe(
      200,
    );
  });

  afterAll(() => app.stop());

  const all = async (): Promise<Wire[]> => (await api.get('/v1/licenses?limit=100')).body.data as Wire[];

  it.each([0, 9.99, 11, 75, 400])('has each license as it is read alone, %s days after the issue', async (after) => {
    days = after;
    const listed = await all();
    expect(listed).toHaveLength(14);
    for (const license of listed) {
      const alone = (await api.get(`/v1/licenses/${license.license_id}`)).body;
      expect(license).toEqual(alone);
      expect(Object.keys(license)).toEqual(Object.keys(alone));
    }
  });

  it('is the same for sibling modules, and as NDJSON', async () => {
    days = 11;
    const listed = await all();
    const actor = Actor.service('test', api.tenantId);
    const request = ListLicensesRequest.parse({ limit: '100' });
    const page = await app.nest.get(QueryBus).execute(new ListLicensesQuery(actor, request));
    expect(page).toEqual({ data: listed, next_cursor: null });
    expect((await api.getAs('application/x-ndjson', '/v1/licenses')).body).toEqual(listed);
  });

  it('goes on after its cursor, and has no license key', async () => {
    const listed = await all();
    const found: Wire[] = [];
    let cursor = '';
    do {
      const { body, text } = await api.get(`/v1/licenses?limit=5${cursor}`);
      expect(text).not.toContain('sealed');
      found.push(...(body.data as Wire[]));
      cursor = typeof body.next_cursor === 'string' ? `&cursor=${body.next_cursor}` : '';
    } while (cursor !== '');
    expect(found).toEqual(listed);
  });
  it('is planned once per connection, since planning it costs as much as a third of reading it', async () => {
    const query = jest.spyOn(app.nest.get(UnitOfWork), 'queryStandalone');
    await all();
    const statement = query.mock.calls.map(([sent]) => sent).find(({ name }) => name === 'licenses.list')!;
    query.mockRestore();
    await withClient(app.database.applicationUrl, async (client) => {
      // PostgreSQL decides after five uses.
      for (let use = 0; use < 7; use++) expect((await client.query(statement)).rows).toHaveLength(14);
      const { rows } = await client.query(
        `SELECT generic_plans::int FROM pg_prepared_statements WHERE from_sql = false`,
      );
      expect(rows).toEqual([{ generic_plans: 2 }]);
    });
  });
});
