import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CommandBus, EventBus } from '@nestjs/cqrs';
import { RecordEventsCommand } from '../../src/shared/messaging/record-events.command.js';
import type { Api, Wire } from '../support/api.js';
import { TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';

describe('the history', () => {
  let app: TestApp;
  let api: Api;

  beforeAll(async () => {
    app = await TestApp.start({ environment: { RELAY_INTERVAL_MS: '200' } });
    api = await app.tenant();
  });

  afterAll(() => app.stop());

  const events = async (reader: Api, query: string, count: number): Promise<Wire[]> =>
    eventually(async () => {
      const { body } = await reader.get(`/v1/license-events?limit=100&${query}`);
      expect(body.data).toHaveLength(count);
      return body.data as Wire[];
    });

  it('holds what a change did, before and after, and who did it', async () => {
    await api.create('/v1/products', { product_id: 'p', name: 'Before', sku: 'S' });
    await api.patch('/v1/products/p', { name: 'After', sku: 'S' });
    await api.patch('/v1/products/p', { name: 'After' });
    const [created, updated] = await events(api, 'resource_type=product&resource_id=p', 2);
    expect(created).toMatchObject({
      event_type: 'product.created',
      event_data: { after: { name: 'Before', sku: 'S' } },
    });
    expect(updated).toMatchObject({
      event_type: 'product.updated',
      event_data: { before: { name: 'Before' }, after: { name: 'After' } },
      user_id: null,
      actor: { type: 'api_key', via: 'rest' },
      license_id: null,
      tenant_id: api.tenantId,
    });
    expect(Object.keys(updated.event_data.after as object)).toEqual(['name']);
  });

  it('keeps names in a column of their own and shows them in their place', async () => {
    await api.create('/v1/customers', { customer_id: 'ada', first_name: 'Ada', email: 'ada@example.com' });
    await api.patch('/v1/customers/ada', { first_name: 'Augusta' });
    const license = await api.issue(await api.template(), { customer_id: 'ada' });
    const [, updated] = await events(api, 'resource_type=customer&resource_id=ada', 2);
    expect(updated.event_data).toEqual({
      reason: null,
      before: { first_name: 'Ada' },
      after: { first_name: 'Augusta' },
    });
    const [issued] = await events(api, `license_id=${license.license_id}`, 1);
    expect(issued.event_data).toEqual({ ...issued.event_data, issued_to: 'Augusta' });
    expect(Object.keys(issued.event_data as object).sort()).toEqual(['issued_to', 'license_type', 'product_id']);
    const rows = await app.database.query<{ data: string }>(
      `SELECT event_data::text || actor::text || metadata::text AS data FROM license_event_logs`,
    );
    expect(rows.length).toBeGreaterThan(4);
    expect(rows.some(({ data }) => /Ada|Augusta|ada@/.test(data))).toBe(false);
    // The owner role does so to erase personal data.
    await app.database.query(`UPDATE license_event_logs SET personal = NULL WHERE license_id = $1`, [
      license.license_id,
    ]);
    const [forgotten] = await events(api, `license_id=${license.license_id}`, 1);
    expect(forgotten.event_data).not.toHaveProperty('issued_to');
  });

  it('says why a license was issued where that was said, with the words of it where they can be erased', async () => {
    const reason = { code: 'CONTRACT_CHANGED', text: 'As Ada agreed' };
    const template = await api.template();
    const once = { 'Idempotency-Key': 'because' };
    const order = { license_template_id: template, customer_id: 'c', reason };
    const answers = await Promise.all([1, 2].map(() => api.post('/v1/licenses', order, once)));
    const { license_id } = answers[0]!.body;
    expect(answers.map(({ status, body }) => [status, body.license_id])).toEqual([
      [201, license_id],
      [201, license_id],
    ]);
    const [issued] = await events(api, `license_id=${license_id}`, 1);
    expect(issued.event_data.reason).toEqual(reason);
    const [row] = await app.database.query<{ data: string }>(
      'SELECT event_data::text AS data FROM license_event_logs WHERE license_id = $1',
      [license_id],
    );
    expect(row?.data).toContain('CONTRACT_CHANGED');
    expect(row?.data).not.toContain('Ada');
    const wrong = { ...order, reason: { code: 'BECAUSE' } };
    expect(await api.post('/v1/licenses', wrong)).toMatchObject({ status: 400, body: { code: 'VALIDATION_FAILED' } });
    const other = { ...order, reason: { code: 'OTHER' } };
    expect((await api.post('/v1/licenses', other, once)).body.code).toBe('IDEMPOTENCY_KEY_REUSED');
  });

  it('counts each tenant without a gap, also when two processes write at once', async () => {
    const neighbour = await TestApp.start({ database: app.database, secrets: app.secrets });
    const busy = await app.tenant();
    const there = await neighbour.key(busy.tenantId, ['*']);
    const templateId = await busy.template();
    await Promise.all(Array.from({ length: 90 }, (_, i) => (i % 2 ? busy : there).issue(templateId)));
    const all = await events(busy, 'order=asc', 92);
    expect(all.map(({ seq }) => seq)).toEqual(Array.from({ length: 92 }, (_, i) => i + 1));
    expect(new Set(all.map(({ id }) => id)).size).toBe(92);
    await neighbour.stop();
  });

  it('is read in both directions by seq, and by what one looks for', async () => {
    const reader = await app.tenant();
    const templateId = await reader.template();
    const licenses: Wire[] = [];
    for (let i = 0; i < 5; i++) licenses.push(await reader.issue(templateId));
    await events(reader, '', 7);
    const seqs = async (query: string) => {
      const { body } = await reader.get(`/v1/license-events?${query}`);
      return [(body.data as Wire[]).map(({ seq }) => seq as number), body.next_cursor];
    };
    expect(await seqs('limit=3')).toEqual([[1, 2, 3], '3']);
    expect(await seqs('limit=3&cursor=3')).toEqual([[4, 5, 6], '6']);
    expect(await seqs('limit=3&cursor=6')).toEqual([[7], null]);
    expect(await seqs('order=desc&limit=3')).toEqual([[7, 6, 5], '5']);
    expect(await seqs('order=desc&limit=3&cursor=3')).toEqual([[2, 1], null]);
    expect(await seqs('event_type=license.created&limit=2')).toEqual([[3, 4], '4']);
    expect(await seqs('resource_type=template')).toEqual([[2], null]);
    expect(await seqs(`resource_id=${templateId}`)).toEqual([[2], null]);
    expect(await seqs(`resource_type=template&resource_id=${templateId}`)).toEqual([[2], null]);
    const { license_id } = licenses[2];
    for (const query of ['license_id=', 'resource_id=', 'resource_type=license&resource_id=']) {
      expect(await seqs(`${query}${license_id}`)).toEqual([[5], null]);
    }
    expect(await seqs(`resource_type=template&resource_id=${license_id}`)).toEqual([[], null]);
    expect(await seqs(`resource_type=license&resource_id=${templateId}`)).toEqual([[], null]);
    const { body } = await reader.get('/v1/license-events?cursor=4&limit=1');
    const time = body.data[0].created_at as string;
    const [later] = await seqs(`created_from=${time}`);
    const [earlier] = await seqs(`created_before=${time}`);
    expect([...(earlier as number[]), ...(later as number[])]).toEqual([1, 2, 3, 4, 5, 6, 7]);
    for (const query of ['cursor=x', 'order=up', 'limit=1000', 'license_id=7', 'event_type=%27', 'event_type=typo']) {
      expect((await reader.get(`/v1/license-events?${query}`)).status).toBe(400);
    }
  });

  it('takes an event once, however often it is sent', async () => {
    const once = await app.tenant();
    await once.create('/v1/products', { product_id: 'p', name: 'P' });
    const [event] = await events(once, '', 1);
    const commands = app.nest.get(CommandBus);
    const again = () => commands.execute(new RecordEventsCommand(once.tenantId, [event.id as string]));
    await Promise.all([again(), again(), again()]);
    await events(once, '', 1);
  });

  it('gets from the relay what was committed and never published', async () => {
    const silent = await TestApp.start({
      database: app.database,
      secrets: app.secrets,
      environment: { RELAY_INTERVAL_MS: '900000' },
    });
    // As if the process had been killed between COMMIT and the bus.
    Object.assign(silent.nest.get(EventBus), { publishAll: () => undefined });
    const tenant = await app.tenant();
    const there = await silent.key(tenant.tenantId, ['*']);
    await there.create('/v1/products', { product_id: 'lost', name: 'Lost' });
    await events(tenant, 'resource_id=lost', 1);
    expect(await app.database.query('SELECT 1 FROM outbox')).toEqual([]);
    await silent.stop();
  });

  it('is complete when the process ends in order', async () => {
    const ending = await TestApp.start();
    const tenant = await ending.tenant();
    await Promise.all(
      Array.from({ length: 20 }, (_, i) => tenant.create('/v1/products', { product_id: i, name: 'P' })),
    );
    await ending.nest.close();
    expect(await ending.database.query('SELECT 1 FROM outbox')).toEqual([]);
    expect(await ending.database.query('SELECT 1 FROM license_event_logs')).toHaveLength(20);
    await ending.database.drop();
  });
});
