import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CommandBus } from '@nestjs/cqrs';
import pg from 'pg';
import stableStringify from 'safe-stable-stringify';
import { CreateCustomerCommand } from '../../src/customers/index.js';
import { IssueLicenseCommand } from '../../src/licensing/index.js';
import { Clock } from '../../src/shared/time/clock.js';
import { IdempotencySweeper } from '../../src/shared/persistence/idempotency.sweeper.js';
import { UnitOfWork } from '../../src/shared/persistence/unit-of-work.js';
import { Actor } from '../../src/shared/access/actor.js';
import type { Api, Wire } from '../support/api.js';
import { TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';

const keyed = (key: string) => ({ 'Idempotency-Key': key });

describe('an idempotency key', () => {
  let app: TestApp;
  let api: Api;
  let templateId: string;

  beforeAll(async () => {
    app = await TestApp.start({ environment: { DATABASE_LOCK_TIMEOUT_MS: '300' } });
    api = await app.tenant();
    templateId = await api.template();
  });

  afterAll(() => app.stop());

  const order = (issued_to: string) => ({ license_template_id: templateId, customer_id: 'c', issued_to });
  const licensesOf = async (issuedTo: string) =>
    (await api.get(`/v1/licenses?q=${encodeURIComponent(issuedTo)}`)).body.data as Wire[];

  it('makes 200 concurrent identical requests one license, with the same whole key in each answer', async () => {
    const name = randomUUID();
    const answers = await Promise.all(
      Array.from({ length: 200 }, () => api.post('/v1/licenses', order(name), keyed(name))),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(answers[0]?.body.license_key).toMatch(/^[0-9A-F]{4}(-[0-9A-F]{4}){4}$/);
    const replayed = answers.filter(({ headers }) => headers['idempotency-replayed'] === 'true');
    expect(replayed).toHaveLength(199);
    expect(await licensesOf(name)).toHaveLength(1);
    await eventually(async () => {
      const events = await api.get(`/v1/license-events?license_id=${answers[0]?.body.license_id}`);
      expect(events.body.data).toHaveLength(1);
    });
  });

  it('is the same quoted and bare, and the answer the same with its status and Location', async () => {
    const name = randomUUID();
    const first = await api.post('/v1/licenses', order(name), keyed(`"${name}"`));
    const again = await api.post('/v1/licenses', order(name), keyed(name));
    expect([again.status, again.headers.location, again.text]).toEqual([201, first.headers.location, first.text]);
    expect(first.headers['idempotency-replayed']).toBeUndefined();
    // At once with others of the same key, each is compared with the stored request by itself.
    const mixed = await Promise.all(
      [name, 'Another', name, 'Another'].map((issuedTo) => api.post('/v1/licenses', order(issuedTo), keyed(name))),
    );
    expect(mixed.map(({ status }) => status)).toEqual([201, 422, 201, 422]);
  });

  it('does not mind another order of members, but another request is refused and changes nothing', async () => {
    const key = keyed(randomUUID());
    const body = { customer_id: `c-${randomUUID()}`, first_name: 'A', metadata: { x: 1, y: { a: 1, b: 2 } } };
    const first = await api.post('/v1/customers', body, key);
    const turned = { metadata: { y: { b: 2, a: 1 }, x: 1 }, first_name: 'A', customer_id: body.customer_id };
    expect((await api.post('/v1/customers', turned, key)).text).toBe(first.text);
    for (const [path, other] of [
      ['/v1/customers', { ...body, first_name: 'B' }],
      ['/v1/products', { product_id: body.customer_id, name: 'P' }],
    ] as const) {
      const refused = await api.post(path, other, key);
      expect(refused).toMatchObject({ status: 422, body: { code: 'IDEMPOTENCY_KEY_REUSED' } });
    }
    expect((await api.get(`/v1/products/${body.customer_id}`)).status).toBe(404);
  });

  it('gives back what was answered then, also after the resource changed', async () => {
    const id = `c-${randomUUID()}`;
    const created = await api.post('/v1/customers', { customer_id: id, first_name: 'Then' }, keyed(id));
    await api.patch(`/v1/customers/${id}`, { first_name: 'Now' }, keyed(`${id}-patch`));
    expect((await api.post('/v1/customers', { customer_id: id, first_name: 'Then' }, keyed(id))).text).toBe(
      created.text,
    );
    const patched = await api.patch(`/v1/customers/${id}`, { first_name: 'Now' }, keyed(`${id}-patch`));
    expect(patched).toMatchObject({ status: 200, body: { version: 2 } });
    expect(patched.headers['idempotency-replayed']).toBe('true');
  });

  it("belongs to one principal: another key's is another, another tenant's too", async () => {
    const name = randomUUID();
    const colleague = await app.key(api.tenantId, ['*']);
    const first = await api.post('/v1/licenses', order(name), keyed(name));
    const second = await colleague.post('/v1/licenses', order(name), keyed(name));
    expect(second.status).toBe(201);
    expect(second.body.license_id).not.toBe(first.body.license_id);
    const stranger = await app.tenant();
    const product = { product_id: 'p', name: 'P' };
    await api.post('/v1/products', product, keyed(`${name}-p`));
    const theirs = await stranger.post('/v1/products', product, keyed(`${name}-p`));
    expect(theirs).toMatchObject({ status: 201, body: { tenant_id: stranger.tenantId } });
  });

  it('is free again when the request was refused', async () => {
    const name = randomUUID();
    const key = keyed(name);
    const template = await api.template({ active: false });
    const body = { ...order(name), license_template_id: template };
    expect((await api.post('/v1/licenses', body, key)).body.code).toBe('TEMPLATE_INACTIVE');
    await api.patch(`/v1/license-templates/${template}`, { active: true });
    expect((await api.post('/v1/licenses', body, key)).status).toBe(201);
  });

  it('answers 409 with Retry-After while the first is still under way', async () => {
    const name = randomUUID();
    const claimed = await api.post('/v1/licenses', order(name), keyed(name));
    expect(claimed.status).toBe(201);
    const holder = new pg.Client({ connectionString: app.database.superuserUrl });
    await holder.connect();
    // The claim is taken by a transaction that has not ended.
    await holder.query('BEGIN');
    await holder.query('DELETE FROM idempotency_keys WHERE tenant_id = $1', [api.tenantId]);
    const waiting = await api.post('/v1/licenses', order(name), keyed(name));
    expect(waiting).toMatchObject({ status: 409, body: { code: 'IDEMPOTENCY_IN_PROGRESS' } });
    expect(waiting.headers['retry-after']).toBe('1');
    await holder.query('ROLLBACK');
    await holder.end();
    expect((await api.post('/v1/licenses', order(name), keyed(name))).text).toBe(claimed.text);
  });

  it.each(['', '""', 'a"b', 'ä', 'x'.repeat(256), `"${'x'.repeat(256)}"`])('is refused as %j', async (key) => {
    const raw = Buffer.from(key).toString('latin1');
    const response = await api.post('/v1/products', { product_id: `p-${randomUUID()}`, name: 'P' }, keyed(raw));
    expect(response).toMatchObject({ status: 400, body: { errors: [{ parameter: 'Idempotency-Key' }] } });
  });

  it('is kept without a secret, and for as long as configured', async () => {
    const time = { now: new Date() };
    const own = await TestApp.start({
      override: (builder) => builder.overrideProvider(Clock).useValue({ now: () => time.now }),
      environment: { IDEMPOTENCY_TTL_HOURS: '2' },
    });
    const tenant = await own.tenant();
    const body = { license_template_id: await tenant.template(), customer_id: 'c' };
    const first = await tenant.post('/v1/licenses', body, keyed('k'));
    const made = await tenant.post('/v1/api-keys', { name: 'k', role: 'issuer' }, keyed('api-key'));
    const rows = await own.database.query<{ text: string; sealed: Buffer | null }>(
      'SELECT t::text AS text, result_sealed AS sealed FROM idempotency_keys t',
    );
    const kept = rows.map(({ text, sealed }) => text + (sealed?.toString('latin1') ?? '')).join(' ');
    expect(kept).toContain(first.body.license_id);
    expect(kept).not.toContain(first.body.license_key);
    expect(kept).not.toContain(made.body.api_key);
    expect(made.body.api_key).toMatch(/^imp_/);
    time.now = new Date(time.now.getTime() + 2 * 3_600_000 - 1);
    await own.nest.get(IdempotencySweeper).sweep();
    expect((await tenant.post('/v1/licenses', body, keyed('k'))).text).toBe(first.text);
    time.now = new Date(time.now.getTime() + 1);
    const late = await tenant.post('/v1/licenses', body, keyed('k'));
    expect(late.body.license_id).not.toBe(first.body.license_id);
    time.now = new Date(time.now.getTime() + 3 * 3_600_000);
    await own.nest.get(IdempotencySweeper).sweep();
    expect(await own.database.query('SELECT 1 FROM idempotency_keys')).toEqual([]);
    await own.stop();
  });

  it('is remembered for as many days as the first request says, over REST, in batches and on the bus', async () => {
    const time = { now: new Date() };
    const own = await TestApp.start({
      override: (builder) => builder.overrideProvider(Clock).useValue({ now: () => time.now }),
    });
    const tenant = await own.tenant();
    const body = { license_template_id: await tenant.template({ default_duration: null }), customer_id: 'c' };
    const remembered = { ...keyed('rest'), 'Idempotency-Remember-Days': '4' };
    const actor = Actor.service('workflow:onboarding', tenant.tenantId);
    const commands = own.nest.get(CommandBus);
    const onBus = (rememberDays?: number) =>
      commands.execute(new IssueLicenseCommand(actor, body, { idempotencyKey: `bus ${rememberDays}`, rememberDays }));
    const inUnitOfWork = () => own.nest.get(UnitOfWork).run(tenant.tenantId, () => onBus(5));
    const batch = async () => {
      const headers = { ...remembered, 'Content-Type': 'application/x-ndjson' };
      const { body: results } = await tenant.post('/v1/licenses:batch-issue', body, headers);
      return (results as unknown as { license: Wire }[])[0]?.license.license_id;
    };
    const revoke = async () => {
      const reason = { reason: { code: 'OTHER' } };
      return (await tenant.post(`/v1/licenses/${first.rest}/revoke`, reason, { ...remembered, ...keyed('revoke') }))
        .text;
    };
    const all = async () => ({
      rest: (await tenant.post('/v1/licenses', body, remembered)).body.license_id as string,
      batch: await batch(),
      bus: (await onBus(4)).license_id,
      together: (await inUnitOfWork()).license_id,
    });
    const first = await all();
    const revoked = await revoke();
    const forgotten = (await onBus()).license_id;
    time.now = new Date(time.now.getTime() + 3 * 86_400_000);
    await own.nest.get(IdempotencySweeper).sweep();
    expect(await all()).toEqual(first);
    expect(await revoke()).toBe(revoked);
    expect((await onBus()).license_id).not.toBe(forgotten);
    time.now = new Date(time.now.getTime() + 2 * 86_400_000);
    await own.nest.get(IdempotencySweeper).sweep();
    const later = await all();
    expect(Object.values(later).filter((id) => Object.values(first).includes(id))).toEqual([]);
    await own.stop();
  });

  it.each(['0', '91', '1.5', 'a week', '-1', ''])('refuses to be remembered for %j days', async (days) => {
    const headers = { ...keyed(randomUUID()), 'Idempotency-Remember-Days': days };
    const { status, body } = await api.post('/v1/licenses', order(randomUUID()), headers);
    expect({ status, errors: body.errors }).toEqual({
      status: 400,
      errors: [{ parameter: 'Idempotency-Remember-Days', detail: 'must be an integer from 1 to 90' }],
    });
    const command = new IssueLicenseCommand(Actor.service('workflow', api.tenantId), order('x'), {
      idempotencyKey: 'days',
      rememberDays: Number(days || NaN),
    });
    await expect(app.nest.get(CommandBus).execute(command)).rejects.toThrow(RangeError);
  });

  it('gives the first answer of an order again, whatever became of the license, in whichever way it is asked for', async () => {
    const order = { license_template_id: await api.template(), customer_id: 'c', issued_to: 'First' };
    const commands = app.nest.get(CommandBus);
    const actor = Actor.service('onboarding', api.tenantId);
    const issue = () => commands.execute(new IssueLicenseCommand(actor, order, { idempotencyKey: 'first' }));
    const together = () => app.nest.get(UnitOfWork).run(api.tenantId, issue);
    const first = await issue();
    const rest = await api.post('/v1/licenses', order, keyed('first-rest'));
    for (const id of [first.license_id, rest.body.license_id]) {
      await api.post(`/v1/licenses/${id}/transfer`, { customer_id: 'd', issued_to: 'Second' });
      await api.post(`/v1/licenses/${id}/revoke`, { reason: { code: 'OTHER' } });
    }
    expect(await Promise.all([issue(), issue(), together()])).toEqual([first, first, first]);
    expect((await api.post('/v1/licenses', order, keyed('first-rest'))).text).toBe(rest.text);
    const inside = () => commands.execute(new IssueLicenseCommand(actor, order, { idempotencyKey: 'inside' }));
    const kept = await app.nest.get(UnitOfWork).run(api.tenantId, inside);
    expect(await Promise.all([inside(), inside()])).toEqual([kept, kept]);
  });

  it('holds over the bus too, alone and for several commands in one unit of work', async () => {
    const commands = app.nest.get(CommandBus);
    const actor = Actor.service('onboarding', api.tenantId);
    const id = `c-${randomUUID()}`;
    let replays = 0;
    const onReplay = () => {
      replays++;
    };
    const welcome = () =>
      app.nest.get(UnitOfWork).run(api.tenantId, async () => {
        const customer = { customer_id: id, first_name: 'Eve' };
        await commands.execute(new CreateCustomerCommand(actor, customer, { idempotencyKey: `${id}-a`, onReplay }));
        const license = { license_template_id: templateId, customer_id: id };
        return commands.execute(new IssueLicenseCommand(actor, license, { idempotencyKey: `${id}-b`, onReplay }));
      });
    const results = [await welcome(), await welcome(), ...(await Promise.all([welcome(), welcome()]))];
    expect(new Set(results.map((result) => JSON.stringify(result))).size).toBe(1);
    expect(replays).toBe(6);
    const [license] = (await api.get(`/v1/licenses?customer_id=${id}`)).body.data as Wire[];
    // Each event names the operation of its own command, though one transaction has both.
    await eventually(async () => {
      for (const [query, operation] of [
        [`license_id=${license?.license_id}`, 'licenses.issue'],
        [`resource_id=${id}`, 'customers.create'],
      ]) {
        const events = (await api.get(`/v1/license-events?${query}`)).body.data as Wire[];
        expect(events.map(({ metadata }) => metadata)).toEqual([{ operation }]);
      }
    });
  });

  it('is taken in any order by two units of work without harm: who loses the deadlock runs again', async () => {
    const environment = { DATABASE_LOCK_TIMEOUT_MS: '9000' };
    const patient = await TestApp.start({ database: app.database, secrets: app.secrets, environment });
    const commands = patient.nest.get(CommandBus);
    const actor = Actor.service('crossing', api.tenantId);
    let waiting = 2;
    let meet: () => void = () => undefined;
    const met = new Promise<void>((resolve) => (meet = resolve));
    const names = ['a', 'b'].map((name) => `${name}-${randomUUID()}`);
    const create = (customer_id: string) =>
      commands.execute(
        new CreateCustomerCommand(actor, { customer_id, first_name: 'X' }, { idempotencyKey: customer_id }),
      );
    const both = (order: string[]) =>
      patient.nest.get(UnitOfWork).run(api.tenantId, async () => {
        await create(order[0] ?? '');
        if (--waiting === 0) meet();
        await met;
        await create(order[1] ?? '');
      });
    await Promise.all([both(names), both([...names].reverse())]);
    for (const name of names) expect((await api.get(`/v1/customers/${name}`)).body.version).toBe(1);
    await patient.stop();
  });

  it('is recognised after an upgrade from 0.1.0, which digested requests otherwise', async () => {
    const name = randomUUID();
    const order = { license_template_id: templateId, customer_id: 'c', issued_to: name };
    const customer = { customer_id: `c-${name}`, first_name: 'Ada' };
    const actor = Actor.service('any', api.tenantId);
    for (const [path, body, className, content] of [
      ['/v1/licenses', order, 'IssueLicenseCommand', { order: new IssueLicenseCommand(actor, order).request }],
      [
        '/v1/customers',
        customer,
        'CreateCustomerCommand',
        { customer: new CreateCustomerCommand(actor, customer).customer },
      ],
    ] as const) {
      const first = await api.post(path, body, keyed(name + path));
      const digest = createHash('sha256').update(stableStringify([className, content]));
      const changed = await app.database.query(
        `UPDATE idempotency_keys SET request_digest = $1
         WHERE tenant_id = $2 AND created_at = (SELECT max(created_at) FROM idempotency_keys WHERE tenant_id = $2) RETURNING 1`,
        [digest.digest(), api.tenantId],
      );
      expect(changed).toHaveLength(1);
      const again = await api.post(path, body, keyed(name + path));
      expect([again.status, again.headers['idempotency-replayed'], again.text]).toEqual([201, 'true', first.text]);
      const other = await api.post(path, { ...body, metadata: { other: true } }, keyed(name + path));
      expect(other).toMatchObject({ status: 422, body: { code: 'IDEMPOTENCY_KEY_REUSED' } });
    }
  });

  it('works on every route that writes', async () => {
    const name = `r-${randomUUID()}`;
    const license = await api.issue(templateId);
    for (const [method, path, body] of [
      ['post', '/v1/products', { product_id: name, name }],
      ['patch', `/v1/products/${name}`, { name: 'Other' }],
      ['post', `/v1/license-templates/${templateId}/duplicate`, { template_name: name }],
      ['patch', `/v1/license-templates/${templateId}`, { description: name }],
      ['post', `/v1/licenses/${license.license_id}/reveal-key`, undefined],
    ] as const) {
      const first = await api.send(method, path, body, keyed(`${name}${path}${method}`));
      const again = await api.send(method, path, body, keyed(`${name}${path}${method}`));
      expect({ path, replayed: again.headers['idempotency-replayed'], text: again.text }).toEqual({
        path,
        replayed: 'true',
        text: first.text,
      });
      expect(first.status).toBeLessThan(300);
    }
  });
});

describe('If-Match', () => {
  let app: TestApp;
  let api: Api;

  beforeAll(async () => {
    app = await TestApp.start();
    api = await app.tenant();
  });

  afterAll(() => app.stop());

  it('lets one of two changes made for the same version through', async () => {
    const { headers } = await api.post('/v1/products', { product_id: 'p', name: 'P' });
    expect(headers.etag).toBe('"1"');
    const changes = await Promise.all(
      ['A', 'B'].map((name) => api.patch('/v1/products/p', { name }, { 'If-Match': '"1"' })),
    );
    expect(changes.map(({ status }) => status).sort()).toEqual([200, 412]);
    expect(changes.find(({ status }) => status === 412)?.body.code).toBe('PRECONDITION_FAILED');
    expect((await api.get('/v1/products/p')).headers.etag).toBe('"2"');
  });

  it.each([
    ['"1", "2"', 200],
    ['*', 200],
    // As a proxy that compresses made it of "2".
    ['W/"2"', 200],
    ['W/"1"', 412],
    ['2', 412],
    ['"x"', 412],
    ['', 412],
  ])('%s on version 2 answers %i', async (tag, status) => {
    const product_id = `p-${randomUUID()}`;
    await api.post('/v1/products', { product_id, name: 'P' });
    await api.patch(`/v1/products/${product_id}`, { name: 'Q' });
    const changed = await api.patch(`/v1/products/${product_id}`, { name: 'R' }, { 'If-Match': tag });
    expect(changed.status).toBe(status);
  });

  it('is heeded by actions', async () => {
    const templateId = await api.template();
    const { license_id } = await api.issue(templateId);
    const stale = { 'If-Match': '"7"' };
    expect((await api.post(`/v1/licenses/${license_id}/reveal-key`, undefined, stale)).status).toBe(412);
    const copy = { template_name: randomUUID() };
    expect((await api.post(`/v1/license-templates/${templateId}/duplicate`, copy, stale)).status).toBe(412);
    expect((await api.get(`/v1/licenses/${license_id}`)).headers.etag).toBe('"1"');
  });
});
