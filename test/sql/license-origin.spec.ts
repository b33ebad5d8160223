import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { CommandBus } from '@nestjs/cqrs';
import { withClient } from '../../src/database/with-client.js';
import {
  IssueLicenseCommand,
  IssueLicensesCommand,
  LicenseRefusedError,
  LinkSubscriptionCommand,
  RevokeLicenseCommand,
  type LicenseToIssue,
} from '../../src/licensing/index.js';
import { Actor } from '../../src/shared/access/actor.js';
import { Transaction } from '../../src/shared/persistence/transaction.js';
import { UnitOfWork } from '../../src/shared/persistence/unit-of-work.js';
import type { Api, Wire } from '../support/api.js';
import { TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';

/** Ids of the sources of a license; the partner and its pool are made before the tests. */
const ORIGIN = { orderId: randomUUID(), subscriptionId: randomUUID(), partnerId: '', poolId: '' };
const onTheWire = () => ({
  order_id: ORIGIN.orderId,
  subscription_id: ORIGIN.subscriptionId,
  partner_id: ORIGIN.partnerId,
  pool_id: ORIGIN.poolId,
});
const NAMES = ['order_id', 'subscription_id', 'partner_id', 'pool_id'] as const;

describe('what a license was issued for', () => {
  let app: TestApp;
  let api: Api;
  let actor: Actor;
  let commands: CommandBus;
  let templateId: string;

  beforeAll(async () => {
    app = await TestApp.start();
    api = await app.tenant();
    actor = Actor.service('test', api.tenantId);
    commands = app.nest.get(CommandBus);
    templateId = await api.template({ default_duration: 365 });
    ORIGIN.partnerId = (await api.create('/v1/partners', { name: 'Partner' })).partner_id as string;
    await api.post(`/v1/partners/${ORIGIN.partnerId}/approve`, {});
    const terms = { partner_id: ORIGIN.partnerId, license_template_id: templateId, quantity: 100 };
    ORIGIN.poolId = (await api.create('/v1/license-pools', terms)).pool_id as string;
  });

  afterAll(() => app.stop());

  const request = (customer_id = 'customer-1') => ({ license_template_id: templateId, customer_id });

  it('is in its response, in exports and in its first event, but not among the 15 fields that an issue returns', async () => {
    const plain = await api.issue(templateId);
    const issued = await commands.execute(new IssueLicenseCommand(actor, request(), { origin: ORIGIN }));
    expect(Object.keys(issued)).toEqual(Object.keys(plain));
    expect(Object.keys(issued)).toHaveLength(15);
    const nothing = { order_id: null, subscription_id: null, partner_id: null, pool_id: null };
    expect((await api.get(`/v1/licenses/${plain.license_id}`)).body).toMatchObject(nothing);
    expect((await api.get(`/v1/licenses/${issued.license_id}`)).body).toMatchObject(onTheWire());
    const csv = (await api.getAs('text/csv', `/v1/licenses?order_id=${ORIGIN.orderId}`)).text;
    for (const [name, id] of Object.entries(onTheWire())) expect(csv).toMatch(new RegExp(`${name}[^]*${id}`));
    await eventually(async () => {
      const created = async (id: unknown) =>
        (await api.get(`/v1/license-events?license_id=${String(id)}`)).body.data[0].event_data;
      expect(await created(issued.license_id)).toMatchObject(onTheWire());
      expect(Object.keys(await created(plain.license_id))).not.toContain('order_id');
    });
  });

  it.each(NAMES)('finds it by %s through an index that has no other license', async (name) => {
    const id = onTheWire()[name];
    await commands.execute(new IssueLicenseCommand(actor, request(), { origin: ORIGIN }));
    await api.issue(templateId);
    const found = (await api.get(`/v1/licenses?${name}=${id}`)).body.data as Wire[];
    expect(found.length).toBeGreaterThan(0);
    expect(found.every((license) => license[name] === id)).toBe(true);
    expect((await api.get(`/v1/licenses?${name}=${randomUUID()}`)).body.data).toEqual([]);
    const index = `licenses_${name.replace('_id', '')}`;
    const [{ definition } = {}] = await app.database.query<{ definition: string }>(
      `SELECT indexdef AS definition FROM pg_indexes WHERE indexname = '${index}'`,
    );
    expect(definition).toContain(`WHERE (${name} IS NOT NULL)`);
    const query = jest.spyOn(UnitOfWork.prototype, 'queryStandalone');
    await api.get(`/v1/licenses?${name}=${id}`);
    const statement = query.mock.calls.map(([sent]) => sent).find(({ text }) => text.includes('FROM licenses item'))!;
    query.mockRestore();
    const plan = await withClient(app.database.applicationUrl, async (client) => {
      await client.query(`SELECT set_config('app.tenant_id', $1, false), set_config('enable_seqscan', 'off', false)`, [
        api.tenantId,
      ]);
      const { rows } = await client.query<Record<string, string>>(`EXPLAIN ${statement.text}`, statement.values);
      return rows.map((row) => Object.values(row)[0]).join('\n');
    });
    expect(plan).toContain(`using ${index}`);
  });

  it('belongs to the request: its idempotency key is refused with another origin', async () => {
    const issue = (orderId: string) =>
      commands.execute(new IssueLicenseCommand(actor, request(), { idempotencyKey: 'k', origin: { orderId } }));
    const first = await issue(ORIGIN.orderId);
    expect(await issue(ORIGIN.orderId)).toEqual(first);
    await expect(issue(randomUUID())).rejects.toMatchObject({ errorCode: 'IDEMPOTENCY_KEY_REUSED' });
  });

  it('issues many licenses in one unit of work, a statement for each hundred, once for an idempotency key', async () => {
    const orderId = randomUUID();
    const licenses = Array.from({ length: 230 }, (_, at) => ({
      request: request(`customer-${at}`),
      origin: { orderId },
    }));
    const query = jest.spyOn(Transaction.prototype, 'query');
    const issue = () => commands.execute(new IssueLicensesCommand(actor, licenses, { idempotencyKey: 'many' }));
    const issued = await issue();
    const statements = query.mock.calls.filter(([{ name }]) => name === 'licenses.issue');
    query.mockRestore();
    expect(statements).toHaveLength(3);
    expect(issued.map(({ customer_id }) => customer_id)).toEqual(licenses.map((each) => each.request.customer_id));
    expect(await issue()).toEqual(issued);
    const stored = await app.database.query('SELECT license_id FROM licenses WHERE order_id = $1', [orderId]);
    expect(stored).toHaveLength(230);
  });

  it('issues none of many licenses if one is refused, and names it', async () => {
    const orderId = randomUUID();
    const license = (license_template_id: string, extra = {}): LicenseToIssue => ({
      request: { ...request(), license_template_id, ...extra },
      origin: { orderId },
    });
    const archived = await api.template({ active: false });
    const all = Array.from({ length: 150 }, (_, at) => license(at === 120 ? archived : templateId));
    const refused = commands.execute(new IssueLicensesCommand(actor, all));
    await expect(refused).rejects.toThrow(LicenseRefusedError);
    await expect(refused).rejects.toMatchObject({ index: 120, status: 409, errorCode: 'TEMPLATE_INACTIVE' });
    const trial = await api.template({ trial_allowed: true });
    const twice = [license(trial, { trial: true }), license(trial, { trial: true })];
    await expect(commands.execute(new IssueLicensesCommand(actor, twice))).rejects.toMatchObject({
      index: 1,
      errorCode: 'TRIAL_ALREADY_USED',
    });
    expect(await app.database.query('SELECT 1 FROM licenses WHERE order_id = $1', [orderId])).toEqual([]);
  });

  it('issues together with the work around it, or not at all', async () => {
    const orderId = randomUUID();
    const work = app.nest.get(UnitOfWork).run(api.tenantId, async () => {
      await commands.execute(new IssueLicensesCommand(actor, [{ request: request(), origin: { orderId } }]));
      throw new Error('after it');
    });
    await expect(work).rejects.toThrow('after it');
    expect(await app.database.query('SELECT 1 FROM licenses WHERE order_id = $1', [orderId])).toEqual([]);
  });

  it('changes where a license is linked to a subscription, and an event has both; a revoked one is only unlinked', async () => {
    const { license_id } = await api.issue(templateId);
    const id = license_id as string;
    const link = (subscription_id: string | null) =>
      commands.execute(new LinkSubscriptionCommand(actor, id, { subscription_id }));
    const linked = await link(ORIGIN.subscriptionId);
    expect(linked).toMatchObject({ subscription_id: ORIGIN.subscriptionId, version: 2 });
    expect(await link(ORIGIN.subscriptionId)).toMatchObject({ version: 2 });
    const at = linked.updated_at;
    // The revocation must be later, though only by a millisecond.
    await eventually(() => expect(Date.now()).toBeGreaterThan(Date.parse(at)));
    await commands.execute(new RevokeLicenseCommand(actor, id, { reason: { code: 'OTHER' } }));
    await expect(link(randomUUID())).rejects.toMatchObject({ errorCode: 'LICENSE_STATE' });
    expect(await link(null)).toMatchObject({ subscription_id: null, status: 'REVOKED', version: 4 });
    await eventually(async () => {
      const { data } = (await api.get(`/v1/license-events?license_id=${id}&order=asc`)).body;
      const changes = (data as Wire[]).filter(({ event_type }) => event_type === 'license.subscription_changed');
      expect(changes.map(({ event_data }) => [event_data.before, event_data.after])).toEqual([
        [{ subscription_id: null }, { subscription_id: ORIGIN.subscriptionId }],
        [{ subscription_id: ORIGIN.subscriptionId }, { subscription_id: null }],
      ]);
    });
    const past = await api.post(`/v1/licenses/${id}/explain`, { as_of: at });
    expect(past.body).toMatchObject({ license: { status: 'ACTIVE' }, certain: true });
  });
});
