import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { GetLicenseQuery, IssueLicenseCommand } from '../../src/licensing/index.js';
import { Idempotency } from '../../src/shared/persistence/idempotency.js';
import { UnitOfWork } from '../../src/shared/persistence/unit-of-work.js';
import { Actor } from '../../src/shared/access/actor.js';
import type { Api, Wire } from '../support/api.js';
import { TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { PostgresProxy } from '../support/proxy.js';

describe('orders that arrive together', () => {
  let app: TestApp;
  let ours: Api;
  let theirs: Api;
  let templateId: string;
  let theirTemplate: string;

  beforeAll(async () => {
    app = await TestApp.start();
    [ours, theirs] = [await app.tenant(), await app.tenant()];
    templateId = await ours.template({ template_id: 'ours' });
    theirTemplate = await theirs.template({ template_id: 'theirs' });
    // Keys are remembered, so that what follows arrives at once.
    await Promise.all([ours.get('/v1/me'), theirs.get('/v1/me')]);
  });

  afterAll(() => app.stop());

  const outboxIsEmpty = () =>
    eventually(async () => expect(await app.database.query('SELECT 1 FROM outbox')).toEqual([]));

  const order = (license_template_id: string, issued_to: string = randomUUID()) => ({
    license_template_id,
    customer_id: 'c',
    issued_to,
  });

  it('share transactions, and each gets its own license and event', async () => {
    const sent = jest.spyOn(app.nest.get(UnitOfWork), 'executeStandalone');
    const commands = app.nest.get(CommandBus);
    const actor = Actor.service('test', ours.tenantId);
    const names = Array.from({ length: 60 }, () => randomUUID());
    const issued = await Promise.all(
      names.map((name) => commands.execute(new IssueLicenseCommand(actor, order(templateId, name)))),
    );
    const transactions = sent.mock.calls.filter(([{ name }]) => name === 'licenses.issue').length;
    sent.mockRestore();
    expect(issued.map(({ issued_to }) => issued_to)).toEqual(names);
    expect(new Set(issued.map(({ license_key }) => license_key)).size).toBe(60);
    // The first goes alone, and the rest together.
    expect(transactions).toBeGreaterThan(0);
    expect(transactions).toBeLessThanOrEqual(3);
    await eventually(async () => {
      const { data } = (await ours.get('/v1/license-events?event_type=license.created&limit=100')).body;
      const logged = (data as Wire[]).map(({ license_id }) => license_id as string);
      expect(logged.sort()).toEqual(issued.map(({ license_id }) => license_id).sort());
    });
  });

  it('harm no other when one of them is bad', async () => {
    const inactive = await ours.template({ template_id: 'inactive', active: false });
    const wanted = Array.from({ length: 40 }, (_, at) => {
      if (at % 4 === 0) return ['unknown', 404] as const;
      return at % 4 === 1 ? ([inactive, 409] as const) : ([templateId, 201] as const);
    });
    const answers = await Promise.all(wanted.map(([template]) => ours.post('/v1/licenses', order(template))));
    expect(answers.map(({ status }) => status)).toEqual(wanted.map(([, status]) => status));
  });

  it('harm no other when the database refuses one of them', async () => {
    await app.database.query(`ALTER TABLE licenses ADD CONSTRAINT no_poison CHECK (issued_to <> 'poison')`);
    const names = Array.from({ length: 20 }, (_, at) => (at === 7 ? 'poison' : randomUUID()));
    const answers = await Promise.all(
      names.map((name) => ours.post('/v1/licenses', order(templateId, name), { 'Idempotency-Key': randomUUID() })),
    );
    expect(answers.map(({ status }) => status)).toEqual(names.map((name) => (name === 'poison' ? 500 : 201)));
    expect(await app.database.query(`SELECT 1 FROM licenses WHERE issued_to = ANY($1)`, [names])).toHaveLength(19);
    await app.database.query('ALTER TABLE licenses DROP CONSTRAINT no_poison');
  });

  it('that fail as a whole go again in halves, so that one bad order costs a few statements', async () => {
    await app.database.query(`ALTER TABLE licenses ADD CONSTRAINT no_poison CHECK (issued_to <> 'poison')`);
    const unitOfWork = app.nest.get(UnitOfWork);
    const grouped = jest.spyOn(unitOfWork, 'executeStandalone');
    const actor = Actor.service('test', ours.tenantId);
    const names = Array.from({ length: 100 }, (_, at): string => (at === 50 ? 'poison' : randomUUID()));
    const issued = await Promise.allSettled(
      names.map((name) => app.nest.get(CommandBus).execute(new IssueLicenseCommand(actor, order(templateId, name)))),
    );
    const statements = grouped.mock.calls.filter(([{ name }]) => name === 'licenses.issue').length;
    grouped.mockRestore();
    await app.database.query('ALTER TABLE licenses DROP CONSTRAINT no_poison');
    expect(issued.flatMap(({ status }, at) => (status === 'rejected' ? [at] : []))).toEqual([50]);
    expect(await app.database.query(`SELECT 1 FROM licenses WHERE issued_to = ANY($1)`, [names])).toHaveLength(99);
    expect(statements).toBeLessThanOrEqual(16);
  });

  const issueAll = async (names: readonly string[]) => {
    const commands = app.nest.get(CommandBus);
    const actor = Actor.service('test', ours.tenantId);
    const outcomes = await Promise.allSettled(
      names.map((name) => commands.execute(new IssueLicenseCommand(actor, order(templateId, name)))),
    );
    const issued = outcomes.flatMap((one) => (one.status === 'fulfilled' ? [one.value.issued_to] : []));
    const stored = await app.database.query<{ issued_to: string }>(
      'SELECT issued_to FROM licenses WHERE issued_to = ANY($1) ORDER BY license_id',
      [names],
    );
    return { issued, stored: stored.map(({ issued_to }) => issued_to) };
  };

  it('follow one another in full groups, in their order', async () => {
    const names = Array.from({ length: 450 }, () => randomUUID());
    expect(await issueAll(names)).toEqual({ issued: names, stored: names });
  });

  it('are harmed by none that fails in a group before or beside theirs', async () => {
    await app.database.query(`ALTER TABLE licenses ADD CONSTRAINT no_poison CHECK (issued_to <> 'poison')`);
    const names = Array.from({ length: 450 }, (_, at): string => (at === 50 ? 'poison' : randomUUID()));
    const { issued, stored } = await issueAll(names);
    await app.database.query('ALTER TABLE licenses DROP CONSTRAINT no_poison');
    const others = names.filter((name) => name !== 'poison');
    expect([issued, stored.toSorted()]).toEqual([others, others.toSorted()]);
  });

  it('are issued once, also when what came of the key of one of them cannot be read', async () => {
    const commands = app.nest.get(CommandBus);
    const actor = Actor.service('test', ours.tenantId);
    const [keyed, name] = [order(templateId), randomUUID()];
    const options = { idempotencyKey: randomUUID() };
    const issue = (...what: [typeof keyed, typeof options?]) =>
      commands.execute(new IssueLicenseCommand(actor, ...what));
    const first = await issue(keyed, options);
    const lost = jest.spyOn(app.nest.get(Idempotency), 'readStored').mockRejectedValueOnce(new Error('lost'));
    // The first goes alone, and the two others together.
    const together = [issue(order(templateId)), issue(keyed, options), issue(order(templateId, name))];
    const [, replayed, other] = await Promise.allSettled(together);
    lost.mockRestore();
    expect(replayed).toMatchObject({ status: 'rejected', reason: { message: 'lost' } });
    expect(other).toMatchObject({ status: 'fulfilled', value: { issued_to: name } });
    expect(await app.database.query('SELECT 1 FROM licenses WHERE issued_to = $1', [name])).toHaveLength(1);
    expect(await issue(keyed, options)).toEqual(first);
  });

  it('of several tenants stay behind their walls', async () => {
    const wanted = Array.from({ length: 40 }, (_, at) => {
      const api = at % 2 === 0 ? ours : theirs;
      const own = at % 4 < 2;
      const template = own === (api === ours) ? templateId : theirTemplate;
      return { api, template, status: own ? 201 : 404 };
    });
    const answers = await Promise.all(wanted.map(({ api, template }) => api.post('/v1/licenses', order(template))));
    expect(answers.map(({ status }) => status)).toEqual(wanted.map(({ status }) => status));
    for (const [at, { api, status }] of wanted.entries()) {
      if (status !== 201) continue;
      const other = api === ours ? theirs : ours;
      const path = `/v1/licenses/${answers[at]?.body.license_id}`;
      expect([(await api.get(path)).body.tenant_id, (await other.get(path)).status]).toEqual([api.tenantId, 404]);
    }
  });

  it('with one idempotency key and different requests: one is done, the others are refused', async () => {
    const key = { 'Idempotency-Key': randomUUID() };
    const names = Array.from({ length: 10 }, () => randomUUID());
    const answers = await Promise.all(names.map((name) => ours.post('/v1/licenses', order(templateId, name), key)));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array<number>(9).fill(422)]);
    expect(await app.database.query(`SELECT 1 FROM licenses WHERE issued_to = ANY($1)`, [names])).toHaveLength(1);
  });

  it('with one idempotency key of which the first is refused: the key is free, and all hear why', async () => {
    const key = { 'Idempotency-Key': randomUUID() };
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => ours.post('/v1/licenses', order('unknown', 'x'), key)),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(5).fill(404));
    expect(
      await app.database.query('SELECT 1 FROM idempotency_keys WHERE result_sealed IS NULL AND result IS NULL'),
    ).toEqual([]);
    expect((await ours.post('/v1/licenses', order(templateId), key)).status).toBe(201);
  });

  it('are all told that the outcome is unknown when the connection is lost on their way', async () => {
    const proxy = await PostgresProxy.start(app.database.applicationUrl);
    const neighbour = await TestApp.start({ database: app.database, secrets: app.secrets, databaseUrl: proxy.url });
    const there = neighbour.bearer(ours.tenantId, ours.key ?? '');
    await there.issue(templateId);
    await outboxIsEmpty();
    const names = Array.from({ length: 12 }, () => randomUUID());
    proxy.cutWhenSent('licenses.issue');
    const answers = await Promise.all(names.map((name) => there.post('/v1/licenses', order(templateId, name))));
    const unknown = answers.filter(({ body }) => body.code === 'OUTCOME_UNKNOWN');
    expect(unknown.length).toBeGreaterThan(0);
    expect(answers.every(({ status }) => status === 201 || status === 503)).toBe(true);
    // Each caller that got 201 has one license, and no caller has two.
    const rows = await app.database.query<{ issued_to: string }>(
      'SELECT issued_to FROM licenses WHERE issued_to = ANY($1)',
      [names],
    );
    const existing = rows.map(({ issued_to }) => issued_to);
    expect(new Set(existing).size).toBe(existing.length);
    for (const { status, body } of answers) if (status === 201) expect(existing).toContain(body.issued_to);
    await neighbour.stop();
    await proxy.stop();
  });
});

describe('reads that arrive together', () => {
  let app: TestApp;
  let ours: Api;
  let theirs: Api;
  let ids: string[];

  beforeAll(async () => {
    app = await TestApp.start();
    [ours, theirs] = [await app.tenant(), await app.tenant()];
    const templateId = await ours.template();
    ids = await Promise.all(
      Array.from({ length: 20 }, async () => (await ours.issue(templateId)).license_id as string),
    );
    await Promise.all([ours.get('/v1/me'), theirs.get('/v1/me')]);
  });

  afterAll(() => app.stop());

  it('share statements, and each gets its own license, behind its own wall', async () => {
    const begun = jest.spyOn(app.nest.get(UnitOfWork), 'queryStandalone');
    const queries = app.nest.get(QueryBus);
    const asked = [...ids, ...ids, randomUUID()].flatMap((id) => [[ours, id] as const, [theirs, id] as const]);
    const answers = await Promise.allSettled(
      asked.map(([api, id]) => queries.execute(new GetLicenseQuery(Actor.service('test', api.tenantId), id))),
    );
    const statements = begun.mock.calls.length;
    begun.mockRestore();
    expect(answers.map((answer) => (answer.status === 'fulfilled' ? answer.value.license_id : 404))).toEqual(
      asked.map(([api, id]) => (api === ours && ids.includes(id) ? id : 404)),
    );
    // Two go at once, and the rest together.
    expect(statements).toBeGreaterThan(0);
    expect(statements).toBeLessThanOrEqual(4);
  });

  it('see what was committed before they were asked for, also while others are on their way', async () => {
    const busy = Promise.all(Array.from({ length: 40 }, (_, at) => ours.get(`/v1/licenses/${ids[at % 20]}`)));
    for (const id of ids.slice(0, 5)) {
      const name = randomUUID();
      await ours.patch(`/v1/licenses/${id}`, { issued_to: name });
      expect((await ours.get(`/v1/licenses/${id}`)).body.issued_to).toBe(name);
    }
    await busy;
  });

  it('all hear that the database is gone, and are answered again when it is back', async () => {
    const proxy = await PostgresProxy.start(app.database.applicationUrl);
    const neighbour = await TestApp.start({ database: app.database, secrets: app.secrets, databaseUrl: proxy.url });
    const there = neighbour.bearer(ours.tenantId, ours.key ?? '');
    await there.get('/v1/me');
    proxy.cutWhenSent('unnest');
    const answers = await Promise.all(ids.map((id) => there.get(`/v1/licenses/${id}`)));
    const lost = answers.filter(({ status }) => status !== 200);
    expect(lost.length).toBeGreaterThan(0);
    expect(lost.every(({ status, body }) => status === 503 && body.code === 'DATABASE_UNAVAILABLE')).toBe(true);
    expect((await there.get(`/v1/licenses/${ids[0]}`)).status).toBe(200);
    await neighbour.stop();
    await proxy.stop();
  });
});
