import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { NDJSON, unique, type Api, type Wire } from '../support/api.js';
import { TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';

type Action = 'renew' | 'suspend' | 'revoke';

const REASON = { code: 'CONTRACT_CHANGED', text: 'Ticket 4711' };
const ACTIONS: readonly [Action, Wire, event: string][] = [
  ['renew', { days: 10, reason: REASON }, 'license.renewed'],
  ['suspend', { reason: REASON }, 'license.suspended'],
  ['revoke', { reason: REASON }, 'license.revoked'],
];
const pathOf = (action: string) => `/v1/licenses:batch-${action}`;
const ndjson = (lines: readonly unknown[]) =>
  lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join('');

/** Requests of one tenant, and their results. */
class Sender {
  private constructor(
    readonly app: TestApp,
    readonly api: Api,
  ) {}

  static async of(app: TestApp): Promise<Sender> {
    const api = await app.tenant();
    await api.template({ template_id: 't', default_duration: 30 });
    return new Sender(app, api);
  }

  async licenses(count: number, templateId = 't'): Promise<string[]> {
    const order = { license_template_id: templateId, customer_id: 'c' };
    const results = await this.send('issue', Array<Wire>(count).fill(order));
    return results.map(({ license }) => license.license_id as string);
  }

  async send(action: string, lines: readonly unknown[], headers = {}): Promise<Wire[]> {
    const response = await this.api.send('post', pathOf(action), ndjson(lines), { 'Content-Type': NDJSON, ...headers });
    expect(response.status).toBe(200);
    return response.body as Wire[];
  }

  async read(id: string): Promise<Wire> {
    return (await this.api.get(`/v1/licenses/${id}`)).body;
  }

  /** Each with its version and how often it was told of besides its issue, once all is told. */
  async stateOf(ids: readonly string[]): Promise<Wire[]> {
    return eventually(async () => {
      expect(await this.app.database.query('SELECT 1 FROM outbox')).toEqual([]);
      return this.app.database.query(
        `SELECT license_id, version, (SELECT count(*)::int - 1 FROM license_event_logs log
                                      WHERE (log.tenant_id, log.license_id) = (licenses.tenant_id, licenses.license_id)) AS told
         FROM licenses WHERE license_id = ANY($1) ORDER BY array_position($1::uuid[], license_id)`,
        [ids],
      );
    });
  }
}

describe('a batch of changes', () => {
  let app: TestApp;
  let ours: Sender;
  let url: string;

  beforeAll(async () => {
    app = await TestApp.start();
    ours = await Sender.of(app);
    url = await app.nest.getUrl();
  });

  afterAll(() => app.stop());

  /** A batch that stays open, once its first line was answered. */
  async function open(action: string, first: unknown) {
    const body = new TransformStream<Uint8Array, Uint8Array>();
    const [lines, gone] = [body.writable.getWriter(), new AbortController()];
    const write = (line: unknown) => lines.write(new TextEncoder().encode(ndjson([line])));
    const written = write(first);
    const response = await fetch(url + pathOf(action), {
      method: 'POST',
      headers: { 'Content-Type': NDJSON, Authorization: `Bearer ${ours.api.key ?? ''}`, 'Idempotency-Key': action },
      body: body.readable,
      duplex: 'half',
      signal: gone.signal,
    });
    await written;
    const answers = response.body!.getReader();
    expect((await answers.read()).done).toBe(false);
    return { write, answers, end: () => lines.close(), cut: () => gone.abort() };
  }

  it.each(ACTIONS)(
    'does to each what %s does to one, answers in their order, and tells the log',
    async (action, body, type) => {
      const ids = await ours.licenses(80);
      const [alone = '', ...rest] = ids;
      const single = (await ours.api.post(`/v1/licenses/${alone}/${action}`, body)).body;
      const results = await ours.send(
        action,
        rest.map((license_id) => ({ license_id, ...body })),
      );
      expect(results.map(({ line, status, license }) => [line, status, license.license_id])).toEqual(
        rest.map((license_id, at) => [at + 1, 200, license_id]),
      );
      expect(results[0].license.status).toBe(single.status);
      for (const at of [0, 78]) {
        const { features, restrictions, pricing, metadata, overrides, ...license } = await ours.read(rest[at]!);
        expect([features, restrictions, pricing, metadata, overrides]).not.toContain(undefined);
        expect(results[at]).toEqual({ line: at + 1, status: 200, license });
      }
      const expected = ids.map((license_id) => ({ license_id, version: 2, told: 1 }));
      expect(await ours.stateOf(ids)).toEqual(expected);
      const [one, other] = await Promise.all(
        [alone, rest[0]!].map(async (id) => {
          const { data } = (await ours.api.get(`/v1/license-events?license_id=${id}&event_type=${type}`)).body;
          expect(data).toHaveLength(1);
          return data[0];
        }),
      );
      expect(other.actor).toEqual(one.actor);
      expect(other.event_data.reason).toEqual(REASON);
      expect(Object.keys(other.event_data as object)).toEqual(Object.keys(one.event_data as object));
    },
  );

  it('gives each line its own problem, changes the others, and nothing of another tenant', async () => {
    const theirs = await Sender.of(app);
    const [foreign = ''] = await theirs.licenses(1);
    const [first, revoked, stale, last] = (await ours.licenses(4)) as [string, string, string, string];
    await ours.api.post(`/v1/licenses/${revoked}/revoke`, { reason: REASON });
    const perpetual = await ours.api.template({ license_type: 'PERPETUAL', default_duration: null });
    const [endless = ''] = await ours.licenses(1, perpetual);
    const lines = [
      { license_id: first, days: 1 },
      { license_id: foreign, days: 1 },
      { license_id: randomUUID(), days: 1 },
      { license_id: 'x' },
      { days: 1 },
      '{"license_id":',
      `{"license_id":"${first}","days":1,"days":2}`,
      '[]',
      '',
      { license_id: first, months: 1, days: 1 },
      { license_id: first, days: 0 },
      { license_id: first, status: 'ACTIVE' },
      { license_id: first, reason: { code: 'OTHER', text: 'x'.repeat(17_000) } },
      { license_id: revoked },
      { license_id: endless, days: 1 },
      { license_id: stale, version: 2 },
      { license_id: stale, version: 0 },
      { license_id: last, days: 1 },
    ];
    const results = await ours.send('renew', lines);
    expect(results.map(({ line, status, problem }) => [line, status, problem?.code ?? 'done'])).toEqual([
      [1, 200, 'done'],
      [2, 404, 'LICENSE_NOT_FOUND'],
      [3, 404, 'LICENSE_NOT_FOUND'],
      [4, 400, 'VALIDATION_FAILED'],
      [5, 400, 'VALIDATION_FAILED'],
      [6, 400, 'MALFORMED_REQUEST'],
      [7, 400, 'MALFORMED_REQUEST'],
      [8, 400, 'VALIDATION_FAILED'],
      [10, 400, 'VALIDATION_FAILED'],
      [11, 400, 'VALIDATION_FAILED'],
      [12, 400, 'VALIDATION_FAILED'],
      [13, 413, 'LINE_TOO_LONG'],
      [14, 409, 'LICENSE_STATE'],
      [15, 409, 'LICENSE_NEVER_EXPIRES'],
      [16, 412, 'PRECONDITION_FAILED'],
      [17, 400, 'VALIDATION_FAILED'],
      [18, 200, 'done'],
    ]);
    expect(results[1].problem.detail.replace(foreign, '')).toBe(results[2].problem.detail.replace(/[-0-9a-f]{36}/, ''));
    expect(results[10].problem.errors).toEqual([{ pointer: '/status', detail: expect.any(String) }]);
    expect((await ours.stateOf([first, revoked, endless, stale, last])).map(({ version }) => version)).toEqual([
      2, 2, 1, 1, 2,
    ]);
    expect(await theirs.stateOf([foreign])).toMatchObject([{ version: 1, told: 0 }]);
  });

  it.each(['suspend', 'revoke'])('takes nothing away without a reason, nor twice: %s', async (action) => {
    const [license_id] = await ours.licenses(1);
    const results = await ours.send(action, [
      { license_id },
      { license_id, reason: { code: 'BECAUSE' } },
      { license_id, reason: REASON },
      { license_id, reason: REASON },
    ]);
    expect(results.map(({ status }) => status)).toEqual([400, 400, 200, 409]);
    expect(results[3].problem.detail).toContain(`Action "${action}" is not allowed`);
  });

  it('does what is asked of one license in the order of the lines', async () => {
    const ids = await ours.licenses(20);
    const steps = ids.flatMap((license_id) => [1, 2, 3, 4].map((version) => ({ license_id, version, days: 1 })));
    const results = await ours.send('renew', steps);
    expect(results.map(({ status, license }) => [status, license?.version])).toEqual(
      steps.map(({ version }) => [200, version + 1]),
    );
  });

  it.each(ACTIONS)('sent again with its key gives the same results and changes nothing: %s', async (action, body) => {
    const ids = await ours.licenses(30);
    const [gone = ''] = ids;
    await ours.api.post(`/v1/licenses/${gone}/revoke`, { reason: REASON });
    const lines = ids.map((license_id) => ({ license_id, ...body }));
    const key = { 'Idempotency-Key': unique() };
    const once = await ours.send(action, lines, key);
    expect(once.map(({ status }) => status)).toEqual([409, ...Array<number>(29).fill(200)]);
    const state = await ours.stateOf(ids);
    const twice = await ours.send(action, lines, key);
    expect(twice.slice(1)).toEqual(once.slice(1).map((result) => ({ ...result, replayed: true })));
    expect(twice[0]).toMatchObject({ status: 409, problem: { code: 'LICENSE_STATE' } });
    expect(await ours.stateOf(ids)).toEqual(state);
    const another = await ours.send(
      action === 'revoke' ? 'suspend' : 'revoke',
      [0, { license_id: gone, reason: REASON }],
      key,
    );
    expect(another[1]).toMatchObject({ status: 422, problem: { code: 'IDEMPOTENCY_KEY_REUSED' } });
  });

  it('that broke off half way does what is missing when it is sent again, and nothing twice', async () => {
    const ids = await ours.licenses(200);
    const lines = ids.map((license_id) => ({ license_id, days: 10 }));
    const broken = await open('renew', lines[0]);
    for (const line of lines.slice(1, 100)) await broken.write(line);
    await broken.answers.read();
    broken.cut();
    // Also while lines of the first are still under way.
    const results = await ours.send('renew', lines, { 'Idempotency-Key': 'renew' });
    expect(results.map(({ status }) => status)).toEqual(Array(200).fill(200));
    const replayed = results.filter((result) => result.replayed).map(({ line }) => line as number);
    expect(replayed.slice(0, 2)).toEqual([1, 2]);
    expect(Math.max(...replayed)).toBeLessThanOrEqual(100);
    expect(await ours.stateOf(ids)).toEqual(ids.map((license_id) => ({ license_id, version: 2, told: 1 })));
  });

  it('of two that are sent at once with one key does each line once', async () => {
    const ids = await ours.licenses(50);
    const lines = ids.map((license_id) => ({ license_id, days: 10 }));
    const key = { 'Idempotency-Key': unique() };
    const [a, b] = await Promise.all([ours.send('renew', lines, key), ours.send('renew', lines, key)]);
    expect(a.map(({ license }) => license)).toEqual(b.map(({ license }) => license));
    expect(await ours.stateOf(ids)).toEqual(ids.map((license_id) => ({ license_id, version: 2, told: 1 })));
  });

  it('takes keys of single lines, which are those of single changes', async () => {
    const [license_id = ''] = await ours.licenses(1);
    const [body, key] = [{ days: 3, reason: REASON }, unique()];
    const alone = await ours.api.post(`/v1/licenses/${license_id}/renew`, body, { 'Idempotency-Key': key });
    const [repeated] = await ours.send('renew', [{ license_id, ...body, idempotency_key: key }], {
      'Idempotency-Key': 'batch',
    });
    expect(repeated).toMatchObject({ status: 200, replayed: true, license: { version: alone.body.version } });
    expect(await ours.stateOf([license_id])).toMatchObject([{ version: 2, told: 1 }]);
  });

  it('names versions in its lines where the tenant demands If-Match', async () => {
    const strict = await Sender.of(app);
    const [license_id] = await strict.licenses(1);
    await strict.api.patch('/v1/settings', { require_if_match: true });
    const results = await strict.send('suspend', [
      { license_id, reason: REASON },
      { license_id, version: 2, reason: REASON },
      { license_id, version: 1, reason: REASON },
    ]);
    expect(results.map(({ status, problem }) => [status, problem?.code])).toEqual([
      [428, 'PRECONDITION_REQUIRED'],
      [412, 'PRECONDITION_FAILED'],
      [200, undefined],
    ]);
  });

  it.each(ACTIONS)('is refused as a whole to who may not %s, as JSON, and by a malformed key', async (action, body) => {
    const [license_id = ''] = await ours.licenses(1);
    const others = ACTIONS.map(([name]) => `licenses:${name}`).filter((name) => name !== `licenses:${action}`);
    const stranger = await app.key(ours.api.tenantId, ['licenses:issue', 'licenses:write', ...others]);
    const as = (sender: Api, headers: Record<string, string>) =>
      sender.send('post', pathOf(action), ndjson([{ license_id, ...body }]), headers);
    expect((await as(stranger, { 'Content-Type': NDJSON })).body.code).toBe('PERMISSION_DENIED');
    expect((await as(ours.api, { 'Content-Type': 'application/json' })).status).toBe(415);
    expect((await as(ours.api, { 'Content-Type': NDJSON, 'Idempotency-Key': '"' })).body.code).toBe(
      'VALIDATION_FAILED',
    );
    expect(await ours.stateOf([license_id])).toMatchObject([{ version: 1, told: 0 }]);
  });

  it('suspends what a selection names, reinstates, transfers and moves it to another template, each line by itself', async () => {
    const sender = await Sender.of(app);
    const { product_id } = (await sender.api.get('/v1/license-templates/t')).body;
    await sender.api.template({ template_id: 'u', product_id });
    const ids = await sender.licenses(103);
    const select = async (filter: Wire): Promise<Wire[]> => {
      const response = await sender.api.send('post', '/v1/licenses:select', filter, { Accept: NDJSON });
      expect(response.status).toBe(200);
      return response.body as Wire[];
    };
    const selected = await select({ template_id: 't', status: 'ACTIVE' });
    expect(selected.map(({ license_id }) => license_id).toSorted()).toEqual(ids.toSorted());
    expect(await select({ q: 'nobody' })).toEqual([]);
    expect((await sender.api.post('/v1/licenses:select', { status: 'SOLD' })).body.code).toBe('VALIDATION_FAILED');
    const three = selected.slice(0, 3);
    const statuses = (results: Wire[]) => results.map(({ status }) => status as number);
    expect(
      statuses(
        await sender.send(
          'suspend',
          three.map((line) => ({ ...line, reason: REASON })),
        ),
      ),
    ).toEqual([200, 200, 200]);
    // The selection is of an earlier version.
    expect(statuses(await sender.send('reinstate', three))).toEqual([412, 412, 412]);
    const suspended = await select({ status: 'SUSPENDED' });
    expect(suspended).toHaveLength(3);
    expect(statuses(await sender.send('reinstate', [...suspended, selected[5]]))).toEqual([200, 200, 200, 409]);
    const [one, other] = ids.map((license_id) => ({ license_id })) as [Wire, Wire];
    expect(await sender.send('transfer', [{ ...one, customer_id: 'd', issued_to: 'D' }, { ...other }])).toMatchObject([
      { status: 200, license: { customer_id: 'd', issued_to: 'D' } },
      { status: 400, problem: { code: 'VALIDATION_FAILED' } },
    ]);
    const [moved, unknown] = await sender.send('change-template', [
      { ...one, license_template_id: 'u', reason: REASON },
      { ...other, license_template_id: 'v' },
    ]);
    expect(moved).toMatchObject({ status: 200, license: { template_id: 'u' } });
    expect(unknown).toMatchObject({ status: 404, problem: { code: 'TEMPLATE_NOT_FOUND' } });
    expect(await select({ template_id: 'u' })).toEqual([{ license_id: one.license_id, version: 3 }]);
  });

  it('of whatever kind is one of 16 at once in a process, and the next is refused as a whole', async () => {
    const kinds = ['issue', 'renew', 'suspend', 'revoke'];
    const batches = await Promise.all(Array.from({ length: 16 }, (_, at) => open(kinds[at % 4]!, [])));
    const [license_id] = [randomUUID()];
    const next = () => ours.api.send('post', pathOf('revoke'), ndjson([{ license_id }]), { 'Content-Type': NDJSON });
    expect(await next()).toMatchObject({ status: 503, body: { code: 'OVERLOADED' } });
    await batches[1]!.end();
    await eventually(async () => expect((await next()).status).toBe(200));
    await Promise.all(batches.filter((_, at) => at !== 1).map((batch) => batch.end()));
  });
});

describe('batches of changes that wait for a lock', () => {
  it('hold half of the connections at most, however many they are', async () => {
    const app = await TestApp.start({ environment: { DATABASE_POOL_SIZE: '4', DATABASE_LOCK_TIMEOUT_MS: '10000' } });
    const sender = await Sender.of(app);
    const ids = await sender.licenses(30);
    const locker = new pg.Client({ connectionString: app.database.superuserUrl });
    await locker.connect();
    await locker.query('BEGIN');
    await locker.query('SELECT 1 FROM licenses WHERE license_id = ANY($1) FOR UPDATE', [ids]);
    const waiting = async () => {
      const rows = await app.database.query(
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      return rows.length;
    };
    // Licenses of both lanes are among the first that are begun.
    const ofLane = (lane: number) => ids.find((id) => Number.parseInt(id.slice(-8), 16) % 2 === lane) ?? '';
    const inOrder = [...new Set([ofLane(0), ofLane(1), ...ids])];
    const lines = inOrder.map((license_id) => ({ license_id, days: 1 }));
    const batches = Promise.all([1, 2, 3].map(() => sender.send('renew', lines)));
    await eventually(async () => expect(await waiting()).toBe(2));
    const [other = ''] = await sender.licenses(1);
    expect((await sender.api.post(`/v1/licenses/${other}/renew`, {})).status).toBe(200);
    expect(await waiting()).toBe(2);
    await locker.query('ROLLBACK');
    await locker.end();
    expect((await batches).flat().map(({ status }) => status)).toEqual(Array(90).fill(200));
    expect((await sender.stateOf(ids)).map(({ version }) => version)).toEqual(Array(30).fill(4));
    await app.stop();
  });
});
