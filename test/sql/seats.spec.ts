import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CommandBus } from '@nestjs/cqrs';
import pg from 'pg';
import { ActivateDeviceCommand, ActivationLimitReachedError } from '../../src/activations/index.js';
import { Clock } from '../../src/shared/time/clock.js';
import { Actor } from '../../src/shared/access/actor.js';
import type { Api, Wire } from '../support/api.js';
import { TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';

const ROUNDS = Number(process.env.SEAT_ROUNDS ?? 2);
const HOUR_MS = 3_600_000;
/** In the middle of an hour, so that a test does not begin in one and end in the next. */
const START = new Date('2026-06-15T10:30:00.000Z');

describe('the seats of a license', () => {
  let app: TestApp;
  let api: Api;
  let now = START;

  beforeAll(async () => {
    const clock = { now: () => now };
    app = await TestApp.start({ override: (builder) => builder.overrideProvider(Clock).useValue(clock) });
    api = await app.tenant();
  });

  afterAll(() => app.stop());

  const license = async (terms: Record<string, unknown>): Promise<string> =>
    (await api.issue(await api.template(terms))).license_id as string;
  const activate = (id: string, fingerprint: string, more: Record<string, unknown> = {}) =>
    api.post(`/v1/licenses/${id}/activations`, { fingerprint, ...more });
  const deactivate = (id: string, activation: Wire) =>
    api.post(`/v1/licenses/${id}/activations/${activation.activation_id}/deactivate`);
  const inUse = async (id: string) => (await api.get(`/v1/licenses/${id}`)).body.current_activations as number;
  const eventsOf = async (id: string, type: string): Promise<Wire[]> =>
    (await api.get(`/v1/license-events?license_id=${id}&event_type=${type}&limit=100`)).body.data;
  const reasonsOf = async (id: string, fingerprint: string): Promise<string[]> =>
    ((await api.post(`/v1/licenses/${id}/explain`, { fingerprint })).body.reasons as Wire[]).map(
      ({ detail }) => detail,
    );
  const active = async (id: string): Promise<string[]> => {
    const { data } = (await api.get(`/v1/licenses/${id}/activations?status=ACTIVE&limit=100`)).body;
    return (data as Wire[]).map(({ fingerprint }) => fingerprint as string).sort();
  };
  const full = { status: 409, body: { code: 'ACTIVATION_LIMIT_REACHED' } };

  it('are given to a device once: the same device again gets the same activation', async () => {
    const id = await license({ max_activations: 1 });
    const first = await activate(id, 'a', { name: 'Front desk', hostname: 'front', platform: 'linux', version: '1.0' });
    expect(first).toMatchObject({ status: 200, body: { fingerprint: 'a', status: 'ACTIVE', name: 'Front desk' } });
    now = new Date(START.getTime() + 1000);
    const again = await activate(id, 'a', { version: '1.1' });
    expect(again).toMatchObject({
      status: 200,
      body: { activation_id: first.body.activation_id, name: 'Front desk', version: '1.1' },
    });
    expect(again.body.first_seen_at).toBe(START.toISOString());
    expect(again.body.last_seen_at).toBe(now.toISOString());
    now = START;
    expect(await activate(id, 'b')).toMatchObject({
      ...full,
      body: { current_activations: 1, max_activations: 1 },
    });
    const { body } = await api.get(`/v1/licenses/${id}`);
    expect(body).toMatchObject({ current_activations: 1, version: 1 });
    await eventually(async () => {
      expect(await eventsOf(id, 'license.activated')).toMatchObject([
        { resource_id: first.body.activation_id, event_data: { current_activations: 1, fingerprint: 'a' } },
      ]);
    });
  });

  it('are given and given back for a reason, which stands in the event with what was before and after', async () => {
    const id = await license({ max_activations: 1 });
    const reason = { code: 'CUSTOMER_REQUEST', text: 'A new laptop of Ada' };
    const { body } = await activate(id, 'a', { reason });
    await activate(id, 'a', { units: 2, reason });
    const path = `/v1/licenses/${id}/activations/${body.activation_id}/deactivate`;
    expect(await api.post(path, { reason: { code: 'BECAUSE' } })).toMatchObject({ status: 400 });
    expect(await api.post(path, { because: 1 })).toMatchObject({ status: 400 });
    expect((await api.post(path, { reason })).body.status).toBe('DEACTIVATED');
    await activate(id, 'b');
    const told: [string, Wire][] = [
      ['activated', { reason, before: { status: null }, after: { status: 'ACTIVE' } }],
      ['activation_changed', { reason, before: { units: 1 }, after: { units: 2 } }],
      ['deactivated', { reason, before: { status: 'ACTIVE' }, after: { status: 'DEACTIVATED' } }],
      ['activated', { reason: null }],
    ];
    await eventually(async () => {
      const events = (await api.get(`/v1/license-events?license_id=${id}`)).body.data as Wire[];
      expect(events.slice(1)).toMatchObject(
        told.map(([type, event_data]) => ({ event_type: `license.${type}`, event_data })),
      );
    });
    const rows = await app.database.query<{ data: string }>(
      'SELECT event_data::text AS data FROM license_event_logs WHERE license_id = $1',
      [id],
    );
    for (const { data } of rows) expect(data).not.toContain('Ada');
  });

  it('are taken and given back at a time after that of whatever was waited for', async () => {
    const id = await license({ max_activations: 2 });
    const first = await activate(id, 'a');
    const holder = new pg.Client({ connectionString: app.database.superuserUrl });
    await holder.connect();
    await holder.query(`BEGIN; SELECT 1 FROM licenses WHERE license_id = '${id}' FOR UPDATE`);
    const waiting = [activate(id, 'b'), deactivate(id, first.body)];
    await eventually(async () => {
      const [row] = await app.database.query<{ n: number }>(
        `SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      expect(row?.n).toBeGreaterThan(0);
    });
    now = new Date(START.getTime() + 5000);
    await holder.query('COMMIT');
    await holder.end();
    const [taken, given] = await Promise.all(waiting);
    expect([taken?.body.created_at, given?.body.ended_at]).toEqual([now.toISOString(), now.toISOString()]);
    now = START;
  });

  it(
    'are 5 of 5 to 500 devices at once, and 495 refusals, time and again',
    async () => {
      const templateId = await api.template({ max_activations: 5 });
      const actor = Actor.service('test', api.tenantId);
      for (let round = 0; round < ROUNDS; round++) {
        const id = (await api.issue(templateId)).license_id as string;
        const overHttp = round % 5 === 0;
        const outcomes = await Promise.all(
          Array.from({ length: 500 }, async (_, n) => {
            if (overHttp) {
              const { status, body } = await activate(id, `d${n}`);
              return status === 200 ? 'SEAT' : (body.code as string);
            }
            const command = new ActivateDeviceCommand(actor, id, { fingerprint: `d${n}` });
            const outcome = app.nest.get(CommandBus).execute(command);
            return outcome.then(
              () => 'SEAT',
              (error: unknown) => (error instanceof ActivationLimitReachedError ? error.errorCode : String(error)),
            );
          }),
        );
        const counts = Object.fromEntries(
          [...new Set(outcomes)].map((outcome) => [outcome, outcomes.filter((one) => one === outcome).length]),
        );
        expect(counts).toEqual({ SEAT: 5, ACTIVATION_LIMIT_REACHED: 495 });
        expect(await inUse(id)).toBe(5);
        expect(await active(id)).toHaveLength(5);
      }
    },
    ROUNDS * 20_000,
  );

  it('are one for a device that asks fifty times at once', async () => {
    const id = await license({ max_activations: 3 });
    const answers = await Promise.all(Array.from({ length: 50 }, () => activate(id, 'same')));
    expect(new Set(answers.map(({ body }) => body.activation_id as string)).size).toBe(1);
    expect(await inUse(id)).toBe(1);
    await eventually(async () => {
      expect(await eventsOf(id, 'license.activated')).toHaveLength(1);
    });
  });

  it('are free once they are given back, once, and giving back twice frees nothing of another device', async () => {
    const id = await license({ max_activations: 1 });
    const first = (await activate(id, 'a')).body;
    const ended = await deactivate(id, first);
    expect(ended).toMatchObject({ status: 200, body: { status: 'DEACTIVATED', ended_at: START.toISOString() } });
    const second = (await activate(id, 'b')).body;
    expect((await deactivate(id, first)).body).toEqual(ended.body);
    expect(await inUse(id)).toBe(1);
    expect(await activate(id, 'c')).toMatchObject(full);
    await Promise.all(Array.from({ length: 10 }, () => deactivate(id, second)));
    expect(await inUse(id)).toBe(0);
    const back = (await activate(id, 'a')).body;
    expect(back.activation_id).not.toBe(first.activation_id);
    expect((await deactivate(id, first)).body.activation_id).toBe(first.activation_id);
    expect(await active(id)).toEqual(['a']);
    await eventually(async () => {
      expect(await eventsOf(id, 'license.deactivated')).toHaveLength(2);
    });
  });

  it('are given back by nobody but the license they are of', async () => {
    const id = await license({});
    const other = await license({});
    const { body } = await activate(other, 'a');
    expect(await deactivate(id, body)).toMatchObject({ status: 404, body: { code: 'ACTIVATION_NOT_FOUND' } });
    expect(await inUse(other)).toBe(1);
  });

  it('are told of when refused: once per device and hour, by an event that is committed alone', async () => {
    const id = await license({ max_activations: 1 });
    await activate(id, 'a');
    await Promise.all(Array.from({ length: 20 }, (_, n) => activate(id, n % 2 === 0 ? 'b' : 'c')));
    await eventually(async () => {
      const refusals = await eventsOf(id, 'license.activation_refused');
      expect(refusals.map(({ event_data }) => event_data.fingerprint as string).sort()).toEqual(['b', 'c']);
      expect(refusals[0]).toMatchObject({ resource_type: 'license', event_data: { current_activations: 1 } });
    });
    now = new Date(START.getTime() + HOUR_MS);
    await activate(id, 'b');
    await activate(id, 'b');
    now = START;
    await eventually(async () => {
      expect(await eventsOf(id, 'license.activation_refused')).toHaveLength(3);
    });
  });

  it('are weighed by units where processors or cores are counted', async () => {
    const id = await license({ license_model: 'PER_CORE', max_activations: 16 });
    expect((await activate(id, 'a', { units: 10 })).status).toBe(200);
    expect(await activate(id, 'b', { units: 7 })).toMatchObject({ ...full, body: { current_activations: 10 } });
    expect((await activate(id, 'b', { units: 6 })).status).toBe(200);
    expect(await inUse(id)).toBe(16);
    expect(await activate(id, 'b', { units: 7 })).toMatchObject({ ...full, body: { current_activations: 16 } });
    expect((await activate(id, 'b', { units: 2 })).body.units).toBe(2);
    expect(await inUse(id)).toBe(12);
    for (const units of [0, -1, 1.5, 10_001, 2 ** 31]) {
      expect((await activate(id, 'c', { units })).status).toBe(400);
    }
  });

  it('are those of users where users are named, however many devices each has', async () => {
    const id = await license({ license_type: 'NAMED_USER', max_activations: 2 });
    expect(await activate(id, 'a')).toMatchObject({ status: 400, body: { errors: [{ pointer: '/user_id' }] } });
    const ada = (await activate(id, 'a1', { user_id: 'ada' })).body;
    await activate(id, 'a2', { user_id: 'ada' });
    expect(await inUse(id)).toBe(1);
    await activate(id, 'b1', { user_id: 'bob' });
    expect(await activate(id, 'c1', { user_id: 'cy' })).toMatchObject(full);
    expect((await activate(id, 'a3', { user_id: 'ada' })).status).toBe(200);
    // Her device would be his; she has others, so that would make three users.
    const refused = { ...full, body: { code: 'ACTIVATION_LIMIT_REACHED', current_activations: 2 } };
    expect(await activate(id, 'a2', { user_id: 'cy' })).toMatchObject(refused);
    // A device that does not say whose it is is still hers, and she has a seat.
    expect((await activate(id, 'a2')).body.user_id).toBe('ada');
    expect(await inUse(id)).toBe(2);
    await deactivate(id, ada);
    expect(await inUse(id)).toBe(2);
    expect((await activate(id, 'a2', { user_id: 'bob' })).status).toBe(200);
    expect((await activate(id, 'a3', { user_id: 'cy' })).status).toBe(200);
    expect(await inUse(id)).toBe(2);
  });

  it.each([{ license_model: 'SITE_LICENSE' }, { license_model: 'ENTERPRISE' }, { max_activations: null }])(
    'have no limit with %j, and are counted all the same',
    async (terms) => {
      const id = await license({ max_activations: 1, ...terms });
      for (const device of ['a', 'b', 'c']) expect((await activate(id, device)).status).toBe(200);
      expect(await inUse(id)).toBe(3);
    },
  );

  it('of a concurrent license are lent, and free when the time is over, though nobody wrote it down', async () => {
    const id = await license({
      license_type: 'CONCURRENT',
      max_activations: 2,
      heartbeat_interval_seconds: 60,
      heartbeat_grace_seconds: 30,
    });
    const first = (await activate(id, 'a')).body;
    expect(first.lease_expires_at).toBe(new Date(START.getTime() + 90_000).toISOString());
    now = new Date(START.getTime() + 60_000);
    await activate(id, 'b');
    expect(await activate(id, 'c')).toMatchObject(full);
    now = new Date(START.getTime() + 90_000);
    expect(await inUse(id)).toBe(1);
    const { data } = (await api.get(`/v1/licenses/${id}/activations`)).body;
    expect((data as Wire[]).find(({ fingerprint }) => fingerprint === 'a')).toMatchObject({ status: 'EXPIRED' });
    const listed = (await api.get(`/v1/licenses?limit=100`)).body.data as Wire[];
    expect(listed.find(({ license_id }) => license_id === id).current_activations).toBe(1);
    expect((await activate(id, 'c')).status).toBe(200);
    expect(await activate(id, 'a')).toMatchObject(full);
    expect(await inUse(id)).toBe(2);
    now = new Date(START.getTime() + 10 * HOUR_MS);
    expect(await inUse(id)).toBe(0);
    now = START;
  });

  it('go beyond the limit as far as an overage allows', async () => {
    const id = await license({ max_activations: 2, overage_policy: 'ALLOW', overage_factor: 1.5 });
    for (const device of ['a', 'b', 'c']) expect((await activate(id, device)).status).toBe(200);
    const seats = { current_activations: 3, max_activations: 2, seat_limit: 3 };
    const detail = 'Not enough free seats: 3 of 2 in use, with overage up to 3. Deactivate a device first.';
    expect(await activate(id, 'd')).toMatchObject({ ...full, body: { ...seats, detail } });
    expect(await inUse(id)).toBe(3);
    expect(await reasonsOf(id, 'd')).toContain(
      'Seat limit reached: 3 of 2 in use, with overage up to 3. Deactivate a device first.',
    );
    await eventually(async () => {
      expect(await eventsOf(id, 'license.activation_refused')).toMatchObject([{ event_data: seats }]);
    });
  });

  describe('that are missing', () => {
    const explained = async (id: string, device: string, more: Record<string, unknown> = {}) => {
      const { status, body } = await activate(id, device, more);
      expect({ status, code: body.code }).toEqual({ status: 409, code: 'ACTIVATION_LIMIT_REACHED' });
      return (body.detail as string).replace('Not enough free seats: ', '');
    };
    const deactivateNamed = async (id: string, ...devices: string[]) => {
      const { data } = (await api.get(`/v1/licenses/${id}/activations?status=ACTIVE`)).body;
      for (const one of (data as Wire[]).filter(({ fingerprint }) => devices.includes(fingerprint as string)))
        expect((await deactivate(id, one)).status).toBe(200);
    };
    const lend = async (id: string, fingerprint: string, ttl_seconds: number, more: Record<string, unknown> = {}) => {
      const answer = await api.post(`/v1/licenses/${id}/check-out`, { fingerprint, ttl_seconds, ...more });
      expect(answer.status).toBe(200);
      return answer.body.expires_at as string;
    };

    it('are freed by as many devices as the refusal names, also where the limit was lowered', async () => {
      const id = await license({ max_activations: 5 });
      for (const device of ['a', 'b', 'c', 'd', 'e']) await activate(id, device);
      await api.patch(`/v1/licenses/${id}`, { max_activations: 3 });
      expect(await explained(id, 'new')).toBe('5 of 3 in use. Deactivate 3 devices first.');
      const next = { action: 'deactivate_device', count: 3 };
      expect((await activate(id, 'new')).body.next).toEqual(next);
      expect((await api.post(`/v1/licenses/${id}/explain`, { fingerprint: 'new' })).body.next).toEqual(next);
      expect(await reasonsOf(id, 'new')).toContain('Seat limit reached: 5 of 3 in use. Deactivate 3 devices first.');
      await deactivateNamed(id, 'a', 'b');
      expect(await explained(id, 'new')).toBe('3 of 3 in use. Deactivate a device first.');
      await deactivateNamed(id, 'c');
      expect((await activate(id, 'new')).status).toBe(200);
    });

    it('are freed by the fewest devices that have enough units, or that are all of a user', async () => {
      const cores = await license({ license_model: 'PER_CORE', max_activations: 8 });
      for (const [device, units] of Object.entries({ a: 2, b: 2, c: 4 })) await activate(cores, device, { units });
      expect(await explained(cores, 'new', { units: 5 })).toBe('8 of 8 in use. Deactivate 2 devices first.');
      expect(await explained(cores, 'a', { units: 6 })).toBe('8 of 8 in use. Deactivate a device first.');
      expect(await explained(cores, 'new', { units: 9 })).toBe(
        '8 of 8 in use. The device needs more seats than the license has: raise max_activations.',
      );
      const named = await license({ license_type: 'NAMED_USER', max_activations: 2 });
      for (const [device, user_id] of Object.entries({ a1: 'ada', a2: 'ada', b1: 'bob' }))
        await activate(named, device, { user_id });
      expect(await explained(named, 'new', { user_id: 'cy' })).toBe('2 of 2 in use. Deactivate a device first.');
      await api.patch(`/v1/licenses/${named}`, { max_activations: 1 });
      expect(await explained(named, 'new', { user_id: 'cy' })).toBe('2 of 1 in use. Deactivate 3 devices first.');
    });

    it('are free when the first license file ends, where files hold them all; more seats are the other way', async () => {
      const id = await license({ max_activations: 2 });
      await lend(id, 'long', 7200);
      const first = await lend(id, 'short', 3600);
      const advice = `License files hold seats until ${first}. Deactivate a device then, or raise max_activations.`;
      expect(await explained(id, 'new')).toBe(`2 of 2 in use. ${advice}`);
      const next = { action: 'deactivate_device', count: 1, after: first };
      expect((await activate(id, 'new')).body.next).toEqual(next);
      expect(await reasonsOf(id, 'new')).toContain(`Seat limit reached: 2 of 2 in use. ${advice}`);
      const { data } = (await api.get(`/v1/licenses/${id}/activations`)).body;
      const held = (data as Wire[]).find(({ fingerprint }) => fingerprint === 'short');
      expect(await deactivate(id, held)).toMatchObject({
        status: 409,
        body: { code: 'SEAT_LENT', detail: `The seat is held by a license file until ${first}.` },
      });
      now = new Date(Date.parse(first) + 1);
      expect((await activate(id, 'new')).status).toBe(200);
      now = START;
      expect(await explained(id, 'another')).toBe('2 of 2 in use. Deactivate a device first.');
      await api.patch(`/v1/licenses/${id}`, { max_activations: 3 });
      expect((await activate(id, 'another')).status).toBe(200);
    });

    it('are counted as they are after a refusal that takes back what it evicted', async () => {
      const id = await license({ license_model: 'PER_CORE', max_activations: 4, eviction_policy: 'OLDEST' });
      await activate(id, 'a', { units: 2 });
      const until = await lend(id, 'b', 3600, { units: 2 });
      expect(await explained(id, 'new', { units: 3 })).toBe(
        `4 of 4 in use. License files hold seats until ${until}. Try again then, or raise max_activations.`,
      );
      expect(await active(id)).toEqual(['a', 'b']);
      expect(await inUse(id)).toBe(4);
      now = new Date(Date.parse(until) + 1);
      expect((await activate(id, 'new', { units: 3 })).status).toBe(200);
      now = START;
    });
  });

  it('pass from the device that was seen longest ago to the next, in one transaction, where that is the policy', async () => {
    const id = await license({ max_activations: 2, eviction_policy: 'OLDEST' });
    for (const device of ['a', 'b', 'a', 'c']) {
      now = new Date(now.getTime() + 1000);
      expect((await activate(id, device)).status).toBe(200);
    }
    now = START;
    expect(await active(id)).toEqual(['a', 'c']);
    expect(await inUse(id)).toBe(2);
    await eventually(async () => {
      expect(await eventsOf(id, 'license.deactivated')).toMatchObject([
        { event_data: { cause: 'EVICTED', fingerprint: 'b' } },
      ]);
    });
    await Promise.all(Array.from({ length: 100 }, (_, n) => activate(id, `d${n}`)));
    expect(await active(id)).toHaveLength(2);
    expect(await inUse(id)).toBe(2);
  });

  it('pass from user to user with all their devices, and as many units as are needed', async () => {
    const named = await license({ license_type: 'NAMED_USER', max_activations: 2, eviction_policy: 'OLDEST' });
    for (const [device, user_id] of [
      ['a1', 'ada'],
      ['a2', 'ada'],
      ['b1', 'bob'],
      ['a1', 'ada'],
      ['c1', 'cy'],
    ] as const) {
      now = new Date(now.getTime() + 1000);
      await activate(named, device, { user_id });
    }
    expect(await active(named)).toEqual(['a1', 'a2', 'c1']);
    // Of nobody in particular, since before users were counted: each of these is somebody.
    await app.database.query('UPDATE license_activations SET user_id = NULL WHERE license_id = $1', [named]);
    for (const [device, user_id] of [
      ['d1', 'dan'],
      ['e1', 'eve'],
    ] as const) {
      now = new Date(now.getTime() + 1000);
      expect((await activate(named, device, { user_id })).status).toBe(200);
    }
    expect(await active(named)).toEqual(['d1', 'e1']);
    expect(await inUse(named)).toBe(2);
    const cores = await license({ license_model: 'PER_CORE', max_activations: 8, eviction_policy: 'OLDEST' });
    for (const device of ['a', 'b', 'c', 'd']) {
      now = new Date(now.getTime() + 1000);
      await activate(cores, device, { units: 2 });
    }
    expect(await activate(cores, 'e', { units: 9 })).toMatchObject(full);
    expect(await active(cores)).toEqual(['a', 'b', 'c', 'd']);
    expect((await activate(cores, 'e', { units: 5 })).status).toBe(200);
    expect(await active(cores)).toEqual(['d', 'e']);
    expect(await inUse(cores)).toBe(7);
    now = START;
  });

  it('are counted anew, lent or given, when the license gets other terms', async () => {
    const product_id = (await api.create('/v1/products', { product_id: 'changing', name: 'Changing' }))
      .product_id as string;
    const terms = { product_id, license_type: 'SUBSCRIPTION', license_model: 'PER_SEAT', max_activations: 3 };
    const template = async (change: Record<string, unknown>) => {
      const template_name = `Changing ${JSON.stringify(change)}`;
      const made = await api.create('/v1/license-templates', { ...terms, template_name, ...change });
      return made.template_id as string;
    };
    const id = (await api.issue(await template({}))).license_id as string;
    const change = async (to: Record<string, unknown>): Promise<Wire> => {
      const license_template_id = await template(to);
      return (await api.post(`/v1/licenses/${id}/change-template`, { license_template_id })).body;
    };
    await activate(id, 'a', { units: 4 });
    await activate(id, 'b', { units: 5, user_id: 'ada' });
    expect(await change({ license_model: 'PER_CORE', max_activations: 9 })).toMatchObject({ current_activations: 9 });
    expect(await activate(id, 'c')).toMatchObject(full);
    expect(await change({ license_type: 'NAMED_USER', max_activations: 2 })).toMatchObject({ current_activations: 2 });
    expect((await activate(id, 'a', { user_id: 'bob' })).status).toBe(200);
    expect(await activate(id, 'c', { user_id: 'cy' })).toMatchObject(full);
    await change({ license_type: 'CONCURRENT', max_activations: 2, eviction_policy: 'OLDEST' });
    now = new Date(START.getTime() + 599_999);
    expect(await inUse(id)).toBe(2);
    expect((await activate(id, 'a')).status).toBe(200);
    now = new Date(START.getTime() + 600_000);
    expect(await inUse(id)).toBe(1);
    expect(await change({ max_activations: 4 })).toMatchObject({ current_activations: 1, max_activations: 4 });
    now = new Date(START.getTime() + 10 * HOUR_MS);
    expect(await active(id)).toContain('a');
    expect(await inUse(id)).toBe(1);
    now = START;
  });

  it('stay with their devices while the license is suspended, and nobody gets one meanwhile', async () => {
    const id = await license({ max_activations: 2 });
    const { body } = await activate(id, 'a');
    await api.post(`/v1/licenses/${id}/suspend`, { reason: { code: 'PAYMENT_OVERDUE' } });
    expect(await activate(id, 'b')).toMatchObject({ status: 409, body: { code: 'LICENSE_STATE' } });
    expect(await inUse(id)).toBe(1);
    await api.post(`/v1/licenses/${id}/reinstate`, {});
    expect((await activate(id, 'a')).body.activation_id).toBe(body.activation_id);
  });

  it('can be given back of a license that is revoked', async () => {
    const id = await license({});
    const { body } = await activate(id, 'a');
    await api.post(`/v1/licenses/${id}/revoke`, { reason: { code: 'FRAUD' } });
    expect((await deactivate(id, body)).status).toBe(200);
    expect(await inUse(id)).toBe(0);
  });

  it('are asked for once with an idempotency key, from wherever the retry comes', async () => {
    const id = await license({ max_activations: 1 });
    const ask = () =>
      api.post(`/v1/licenses/${id}/activations`, { fingerprint: 'a' }, { 'Idempotency-Key': `seat-${id}` });
    const first = await ask();
    const again = await ask();
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(again.body).toEqual(first.body);
    // A refusal is no result: the idempotency key is free for when there is a seat.
    const other = { 'Idempotency-Key': `other-${id}` };
    expect(await api.post(`/v1/licenses/${id}/activations`, { fingerprint: 'b' }, other)).toMatchObject(full);
    await deactivate(id, first.body);
    expect((await api.post(`/v1/licenses/${id}/activations`, { fingerprint: 'b' }, other)).status).toBe(200);
  });
});
