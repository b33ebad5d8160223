import { CommandBus } from '@nestjs/cqrs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { HeartbeatCommand } from '../../src/activations/index.js';
import { Actor } from '../../src/shared/access/actor.js';
import { Clock } from '../../src/shared/time/clock.js';
import { NDJSON, type Api, type Wire } from '../support/api.js';
import { TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';

const REASON = { code: 'FRAUD', text: 'Ticket 4712' };
const NOBODYS = '01890000-0000-7000-8000-000000000000';
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

interface Scene {
  readonly id: string;
  readonly path: string;
  /** Sends a request of the program on a device. */
  readonly program: (route: string, fingerprint: string, more?: Wire) => Promise<{ status: number; body: Wire }>;
}

describe('the devices of a license', () => {
  const start = Date.now();
  let passed = 0;
  let app: TestApp;
  let tenant: Api;

  beforeAll(async () => {
    const clock = { now: () => new Date(start + passed) };
    app = await TestApp.start({ override: (builder) => builder.overrideProvider(Clock).useValue(clock) });
    tenant = await app.tenant();
  });

  afterAll(() => app.stop());

  const issue = async (terms: Wire = {}): Promise<Scene> => {
    const { license_id, license_key } = await tenant.issue(await tenant.template({ max_activations: 2, ...terms }));
    const program = (route: string, fingerprint: string, more: Wire = {}) =>
      app.anonymous().post(`/v1/client/${route}`, { license_key, fingerprint, ...more });
    return { id: license_id as string, path: `/v1/licenses/${license_id}`, program };
  };
  const codeOf = ({ status, body }: { status: number; body: Wire }) =>
    status === 200 && !('valid' in body) ? 'OK' : (body.code as string);
  const block = (path: string, fingerprint: string) =>
    tenant.post(`${path}/blocked-devices`, { fingerprint, reason: REASON });
  const seats = async (path: string) => {
    const { data } = (await tenant.get(`${path}/activations?status=ACTIVE`)).body;
    const { current_activations } = (await tenant.get(path)).body;
    return [current_activations, ...(data as Wire[]).map(({ fingerprint }) => fingerprint as string).sort()];
  };
  const eventsOf = async (id: string, type: string): Promise<Wire[]> =>
    (await tenant.get(`/v1/license-events?license_id=${id}&event_type=${type}`)).body.data as Wire[];
  const toldOf = async (id: string, type: string, count: number) =>
    eventually(async () => {
      const told = await eventsOf(id, type);
      expect(told).toHaveLength(count);
      return told;
    });

  describe('looked up and reset', () => {
    it('are found by their id, below their license alone, also after they have ended', async () => {
      const { path, program } = await issue();
      const other = await issue();
      const { activation_id: id } = (await program('activate', 'pc', { name: 'Front desk' })).body;
      await tenant.post(`${path}/activations/${id}/deactivate`);
      const { status, body } = await tenant.get(`${path}/activations/${id}`);
      expect({ status, body }).toMatchObject({ status: 200, body: { name: 'Front desk', status: 'DEACTIVATED' } });
      for (const wrong of [`${other.path}/activations/${id}`, `${path}/activations/${NOBODYS}`])
        expect((await tenant.get(wrong)).body).toMatchObject({
          code: 'ACTIVATION_NOT_FOUND',
          next: { action: 'fix_request' },
        });
    });

    it('all lose their seat at once, but for those that a license file holds, with one event', async () => {
      const { id, path, program } = await issue({ max_activations: 3 });
      for (const device of ['a', 'b']) await program('activate', device);
      const { expires_at } = (await program('check-out', 'held', { ttl_seconds: 600 })).body;
      const reset = await tenant.post(`${path}/activations:reset`, { reason: REASON });
      const held = { held: 1, held_until: expires_at };
      expect(reset.body).toEqual({ license_id: id, deactivated: 2, ...held, current_activations: 1 });
      expect(await seats(path)).toEqual([1, 'held']);
      expect(codeOf(await program('heartbeat', 'a'))).toBe('NOT_ACTIVATED');
      // Nothing is left to end, so nothing is told.
      expect((await tenant.post(`${path}/activations:reset`)).body).toMatchObject({ deactivated: 0 });
      expect(await toldOf(id, 'license.activations_reset', 1)).toMatchObject([
        {
          event_data: {
            count: 2,
            held: 1,
            reason: REASON,
            before: { current_activations: 3 },
            after: { current_activations: 1 },
          },
        },
      ]);
    });
  });

  describe('blocked', () => {
    const LIMITED = { max_activations: 2 };
    const UNLIMITED = { max_activations: null };
    const FLOATING = { max_activations: 2, license_type: 'CONCURRENT' };
    const USERS = { max_activations: 2, license_type: 'NAMED_USER' };

    it.each([
      ['with few seats', LIMITED],
      ['without a limit', UNLIMITED],
      ['with leases', FLOATING],
      ['of users', USERS],
    ])('on a license %s lose their seat, and get nothing until they are unblocked', async (_, terms) => {
      const features = [{ feature_id: 'f', feature_name: 'F', limit_value: 9, limit_type: 'COUNT' }];
      const { id, path, program } = await issue({ ...terms, features });
      const user = { user_id: 'ada' };
      const activated = (await program('activate', 'bad', user)).body;
      await program('activate', 'good', { user_id: 'bob' });
      const consume = { feature_id: 'f', amount: 1 };
      const all = async (fingerprint: string) => ({
        validate: codeOf(await program('validate', fingerprint)),
        heartbeat: codeOf(await program('heartbeat', fingerprint)),
        activate: codeOf(await program('activate', fingerprint, user)),
        checkOut: codeOf(await program('check-out', fingerprint, { ...user, ttl_seconds: 60 })),
        consume: codeOf(await program('usage/consume', fingerprint, consume)),
        staff: codeOf(await tenant.post(`${path}/activations`, { fingerprint, ...user })),
        explain: (await tenant.post(`${path}/explain`, { fingerprint })).body.code as string,
      });
      const { status, body: blocked } = await block(path, 'bad');
      expect({ status, blocked }).toMatchObject({ status: 200, blocked: { fingerprint: 'bad', reason: REASON } });
      expect(await seats(path)).toEqual([1, 'good']);
      const refused = Object.fromEntries(Object.keys(await all('bad')).map((name) => [name, 'DEVICE_BLOCKED']));
      expect(await all('bad')).toEqual(refused);
      const unbound = await tenant.post(`${path}/check-out`, { ttl_seconds: 60 });
      expect(unbound).toMatchObject({ status: 400, body: { errors: [{ pointer: '/fingerprint' }] } });
      // Programs and people, activations and check-outs: one refused device in the hour.
      expect(await toldOf(id, 'license.activation_refused', 1)).toMatchObject([
        { event_data: { code: 'DEVICE_BLOCKED', fingerprint: 'bad' } },
      ]);
      const { body: reasons } = await program('validate', 'bad');
      expect(reasons).toMatchObject({ valid: false, reasons: [{ next: { action: 'contact_vendor' } }] });
      expect(codeOf(await program('deactivate', 'bad'))).toBe('OK');
      expect(await seats(path)).toEqual([1, 'good']);
      expect(codeOf(await program('validate', 'good'))).toBe('VALID');
      // Once more changes nothing.
      expect((await block(path, 'bad')).body).toEqual(blocked);
      expect(await toldOf(id, 'license.device_blocked', 1)).toMatchObject([
        {
          resource_type: 'blocked_device',
          resource_id: blocked.blocked_device_id,
          event_data: { fingerprint: 'bad', reason: REASON, before: { blocked: false }, after: { blocked: true } },
        },
      ]);
      expect(await toldOf(id, 'license.deactivated', 1)).toMatchObject([
        { resource_id: activated.activation_id, event_data: { cause: 'BLOCKED', current_activations: 1 } },
      ]);

      const unblock = () => tenant.send('delete', `${path}/blocked-devices/${blocked.blocked_device_id}`);
      expect((await unblock()).body).toEqual(blocked);
      expect((await unblock()).body).toMatchObject({ code: 'BLOCKED_DEVICE_NOT_FOUND' });
      // It does not come back by itself.
      expect(codeOf(await program('validate', 'bad'))).toBe('NOT_ACTIVATED');
      expect(codeOf(await program('heartbeat', 'bad'))).toBe('NOT_ACTIVATED');
      expect(codeOf(await program('activate', 'bad', user))).toBe('OK');
      expect(codeOf(await program('validate', 'bad'))).toBe('VALID');
      const file = await tenant.post(`${path}/check-out`, { ttl_seconds: 60 });
      expect(file.status).toBe(terms === UNLIMITED ? 200 : 400);
      await toldOf(id, 'license.device_unblocked', 1);
    });

    it('need never have been activated, and are found by their fingerprint in each form of the list', async () => {
      const { path, program } = await issue();
      const { body: one } = await block(path, 'one');
      const { body: two } = await block(path, 'two');
      expect(codeOf(await program('activate', 'one'))).toBe('DEVICE_BLOCKED');
      expect(codeOf(await program('heartbeat', 'one'))).toBe('DEVICE_BLOCKED');
      const list = `${path}/blocked-devices`;
      expect((await tenant.get(list)).body.data).toEqual([two, one]);
      expect((await tenant.get(`${list}?fingerprint=one`)).body.data).toEqual([one]);
      expect((await tenant.getAs(NDJSON, list)).body).toEqual([two, one]);
      await tenant.send('delete', `${list}/${one.blocked_device_id}`);
      expect((await tenant.get(list)).body.data).toEqual([two]);
      expect((await tenant.get(`/v1/licenses/${NOBODYS}/blocked-devices`)).body.code).toBe('LICENSE_NOT_FOUND');
      expect((await block(`/v1/licenses/${NOBODYS}`, 'x')).body.code).toBe('LICENSE_NOT_FOUND');
      const { path: other } = await issue();
      const ofOther = await tenant.send('delete', `${other}/blocked-devices/${two.blocked_device_id}`);
      expect(ofOther.body.code).toBe('BLOCKED_DEVICE_NOT_FOUND');
    });

    it('are blocked once for a repeated idempotency key, and in every state of the license', async () => {
      const { id, path } = await issue();
      await tenant.post(`${path}/revoke`, { reason: { code: 'OTHER' } });
      const send = () =>
        tenant.post(`${path}/blocked-devices`, { fingerprint: 'd', reason: REASON }, { 'Idempotency-Key': `b-${id}` });
      const [first, second] = [await send(), await send()];
      expect([second.status, second.body, second.headers['idempotency-replayed']]).toEqual([200, first.body, 'true']);
      await toldOf(id, 'license.device_blocked', 1);
    });

    it('were blocked at a past time as they were, for explain', async () => {
      const { path, program } = await issue();
      await program('activate', 'd');
      passed += MINUTE_MS;
      const { body: blocked } = await block(path, 'd');
      passed += MINUTE_MS;
      await tenant.send('delete', `${path}/blocked-devices/${blocked.blocked_device_id}`);
      passed += MINUTE_MS;
      const at = Date.parse(blocked.created_at as string);
      const verdictAt = async (ms: number) => {
        const as_of = new Date(at + ms).toISOString();
        const { body } = await tenant.post(`${path}/explain`, { fingerprint: 'd', as_of });
        return [body.code, body.certain];
      };
      expect(await verdictAt(-1)).toEqual(['VALID', true]);
      expect(await verdictAt(0)).toEqual(['DEVICE_BLOCKED', true]);
      expect(await verdictAt(MINUTE_MS - 1)).toEqual(['DEVICE_BLOCKED', true]);
      expect(await verdictAt(2 * MINUTE_MS)).toEqual(['NOT_ACTIVATED', true]);
    });

    it('can be blocked by the roles admin and support alone, and are shown to who may read activations', async () => {
      const { path } = await issue();
      const outcomes: Record<string, number[]> = {};
      for (const role of ['admin', 'support', 'issuer', 'read-only', 'client']) {
        const caller = await app.key(tenant.tenantId, [], { role });
        const request = { fingerprint: role, reason: { code: 'OTHER' } };
        const listed = await caller.get(`${path}/blocked-devices`);
        outcomes[role] = [(await caller.post(`${path}/blocked-devices`, request)).status, listed.status];
      }
      expect(outcomes).toEqual({
        admin: [200, 200],
        support: [200, 200],
        issuer: [403, 403],
        'read-only': [403, 200],
        client: [403, 403],
      });
    });

    it('are refused over the bus as over REST', async () => {
      const { id, path, program } = await issue();
      await program('activate', 'd');
      await block(path, 'd');
      const actor = Actor.service('test', tenant.tenantId);
      await expect(app.nest.get(CommandBus).execute(new HeartbeatCommand(actor, id, 'd'))).rejects.toMatchObject({
        errorCode: 'DEVICE_BLOCKED',
      });
    });
  });

  describe('deactivated by programs', () => {
    /** The way to a seat, as a refusal and a reason tell it. */
    const shortage = ({ detail, next }: Wire) => ({
      way: String(detail).replace(/^[^:]*: /, ''),
      next: next as unknown,
    });
    /** The way to a seat as validate and explain tell it. */
    const shortageOf = async ({ path, program }: Pick<Scene, 'path' | 'program'>, fingerprint: string) => {
      const answers = [await program('validate', fingerprint), await tenant.post(`${path}/explain`, { fingerprint })];
      return answers.map(({ body }) => shortage(body.reasons[0]));
    };

    it('are so often as the template allows in each period, whoever deactivates beyond them', async () => {
      const { path, program } = await issue({
        max_activations: 5,
        deactivations_per_period: { limit: 2, period: 'DAY' },
      });
      expect((await tenant.get(path)).body.deactivations_per_period).toEqual({ limit: 2, period: 'DAY' });
      for (const device of ['a', 'b', 'c', 'd']) await program('activate', device);
      expect(codeOf(await program('deactivate', 'a'))).toBe('OK');
      // A device that has ended is not deactivated again.
      expect(codeOf(await program('deactivate', 'a'))).toBe('OK');
      // Staff is not counted.
      const { data } = (await tenant.get(`${path}/activations?status=ACTIVE`)).body;
      const d = (data as Wire[]).find(({ fingerprint }) => fingerprint === 'd');
      await tenant.post(`${path}/activations/${d?.activation_id}/deactivate`);
      expect(codeOf(await program('deactivate', 'b'))).toBe('OK');
      const refused = await program('deactivate', 'c');
      const tomorrow = new Date(start + passed);
      tomorrow.setUTCHours(24, 0, 0, 0);
      expect(refused).toMatchObject({
        status: 409,
        body: {
          code: 'DEACTIVATION_LIMIT_REACHED',
          deactivations_per_period: { limit: 2, period: 'DAY' },
          resets_at: tomorrow.toISOString(),
          next: { action: 'retry', after: tomorrow.toISOString() },
        },
      });
      expect(await seats(path)).toEqual([1, 'c']);
      passed = tomorrow.getTime() - start;
      expect(codeOf(await program('deactivate', 'c'))).toBe('OK');
    });

    it('are never where the limit is 0, and waiting is no way out', async () => {
      const { path, program } = await issue({ deactivations_per_period: { limit: 0, period: 'MONTH' } });
      for (const device of ['a', 'b']) await program('activate', device);
      const { status, body } = await program('deactivate', 'a');
      expect({ status, body }).toMatchObject({ status: 409, body: { code: 'DEACTIVATION_LIMIT_REACHED' } });
      expect([body.detail, body.next, body.resets_at]).toEqual([
        'Programs may not deactivate devices of this license. Ask the vendor.',
        { action: 'contact_vendor' },
        undefined,
      ]);
      const refused = await program('activate', 'c');
      expect(refused.body).toMatchObject({ code: 'ACTIVATION_LIMIT_REACHED', next: { action: 'contact_vendor' } });
      expect(refused.body.next).toEqual({ action: 'contact_vendor' });
      expect(await shortageOf({ path, program }, 'c')).toEqual(Array(2).fill(shortage(refused.body)));
      expect(await seats(path)).toEqual([2, 'a', 'b']);
    });

    it.each([
      ['new device', 'c', {}],
      ['device that wants more', 'b', { units: 2 }],
    ])('are not the next step of a %s once the limit is used up', async (_, fingerprint, more) => {
      const { path, program } = await issue({
        license_model: 'PER_CORE',
        deactivations_per_period: { limit: 1, period: 'DAY' },
      });
      for (const device of ['a', 'b']) await program('activate', device);
      const before = await program('activate', fingerprint, more);
      expect(before.body.next).toEqual({ action: 'deactivate_device', count: 1 });
      await program('deactivate', 'a');
      await program('activate', 'd');
      const refused = (await program('activate', fingerprint, more)).body;
      if (fingerprint === 'c')
        expect(await shortageOf({ path, program }, 'c')).toEqual(Array(2).fill(shortage(refused)));
      const { resets_at: after } = (await program('deactivate', 'd')).body;
      expect(refused).toMatchObject({ code: 'ACTIVATION_LIMIT_REACHED', resets_at: after });
      expect(refused.next).toEqual({ action: 'retry', after });
      expect(refused.detail).toContain(`Programs may deactivate 1 device per day. Try again at ${after as string}`);
      // Staff may deactivate, so nothing changes for it.
      const byStaff = await tenant.post(`${path}/activations`, { fingerprint, ...more });
      expect(byStaff.body.next).toEqual({ action: 'deactivate_device', count: 1 });
    });

    it('are changes of the user of a seat, too', async () => {
      const { id, path, program } = await issue({
        max_activations: 1,
        license_type: 'NAMED_USER',
        deactivations_per_period: { limit: 1, period: 'YEAR' },
      });
      const as = (user_id?: string) => program('activate', 'pc', user_id === undefined ? {} : { user_id });
      const codes: string[] = [];
      for (const user of ['anna', undefined, 'anna', 'bob', 'bob', 'carl']) codes.push(codeOf(await as(user)));
      expect(codes).toEqual(['OK', 'OK', 'OK', 'OK', 'OK', 'DEACTIVATION_LIMIT_REACHED']);
      expect(codeOf(await program('check-out', 'pc', { user_id: 'carl' }))).toBe('DEACTIVATION_LIMIT_REACHED');
      expect(codeOf(await program('deactivate', 'pc'))).toBe('DEACTIVATION_LIMIT_REACHED');
      expect((await tenant.get(`${path}/activations`)).body.data).toMatchObject([{ user_id: 'bob', status: 'ACTIVE' }]);
      // Staff is not counted.
      expect(codeOf(await tenant.post(`${path}/activations`, { fingerprint: 'pc', user_id: 'carl' }))).toBe('OK');
      await toldOf(id, 'license.activation_changed', 2);
    });

    it('are so exactly as often under any concurrency, with and without leases', async () => {
      for (const license_type of ['SUBSCRIPTION', 'CONCURRENT']) {
        const terms = { deactivations_per_period: { limit: 3, period: 'YEAR' }, license_type };
        const { path, program } = await issue({ max_activations: 12, ...terms });
        const devices = Array.from({ length: 12 }, (_, n) => `d${n}`);
        for (const device of devices) await program('activate', device);
        const codes = await Promise.all(devices.map(async (device) => codeOf(await program('deactivate', device))));
        expect(codes.filter((code) => code === 'OK')).toHaveLength(3);
        expect(codes.filter((code) => code === 'DEACTIVATION_LIMIT_REACHED')).toHaveLength(9);
        expect((await seats(path))[0]).toBe(9);
      }
    });
  });

  describe('replaced at the moment of refusal', () => {
    const REPLACING = { self_service_replacement: true };
    const offerOf = ({ body }: { body: Wire }) => {
      const { replacement_token, devices = [] } = body as { replacement_token?: string; devices?: Wire[] };
      return { token: replacement_token, ids: devices.map(({ activation_id }) => activation_id as string) };
    };
    const full = async (terms: Wire = {}) => {
      const scene = await issue({ ...REPLACING, ...terms });
      const ids: string[] = [];
      for (const device of ['a', 'b']) {
        passed += 1_000;
        const more = { name: `Device ${device}`, user_id: device };
        ids.push((await scene.program('activate', device, more)).body.activation_id as string);
      }
      return { ...scene, ids };
    };
    const choice = (token: string | undefined, id: string | undefined, more: Wire = {}): Wire => ({
      replacement_token: token ?? 'none',
      activation_id: id ?? NOBODYS,
      ...more,
    });

    it('carries the devices, masked and the oldest first, and one of them makes room', async () => {
      const { id, path, program, ids } = await full();
      const refused = await program('activate', 'new', { name: 'New' });
      expect(refused).toMatchObject({
        status: 409,
        body: {
          code: 'ACTIVATION_LIMIT_REACHED',
          next: { action: 'replace_device' },
          devices: [
            { activation_id: ids[0], name: 'De… …' },
            { activation_id: ids[1], name: 'De… …' },
          ],
          replacement_expires_at: new Date(start + passed + 10 * MINUTE_MS).toISOString(),
        },
      });
      expect(refused.body.next).toEqual({ action: 'replace_device' });
      const { token } = offerOf(refused);
      const replaced = await program('replace', 'new', choice(token, ids[0], { name: 'New', units: 1 }));
      expect(replaced).toMatchObject({ status: 200, body: { fingerprint: 'new', name: 'New', status: 'ACTIVE' } });
      expect(await seats(path)).toEqual([2, 'b', 'new']);
      expect(codeOf(await program('heartbeat', 'a'))).toBe('NOT_ACTIVATED');
      const [ended] = await toldOf(id, 'license.deactivated', 1);
      expect(ended).toMatchObject({
        resource_id: ids[0],
        event_data: { cause: 'REPLACED', current_activations: 1, before: { status: 'ACTIVE' } },
        actor: { type: 'license_key' },
        metadata: { operation: 'activations.replace' },
      });
      const activated = await toldOf(id, 'license.activated', 3);
      expect(activated.at(-1)).toMatchObject({
        event_data: { current_activations: 2 },
        metadata: { operation: 'activations.replace' },
      });
      // A repeated request, whose response was lost, changes nothing more.
      const repeated = await program('replace', 'new', choice(token, ids[1]));
      expect(repeated.body.activation_id).toBe(replaced.body.activation_id);
      expect(await seats(path)).toEqual([2, 'b', 'new']);
    });

    it('is for one device, one use and ten minutes', async () => {
      const { path, program, ids } = await full();
      const { token } = offerOf(await program('activate', 'new'));
      const other = await full();
      const { token: ofOther } = offerOf(await other.program('activate', 'new'));
      const invalid = async (fingerprint: string, given: string | undefined) =>
        expect((await program('replace', fingerprint, choice(given, ids[0]))).body).toMatchObject({
          code: 'REPLACEMENT_TOKEN_INVALID',
          next: { action: 'activate' },
        });
      await invalid('another', token);
      await invalid('new', ofOther);
      await invalid('new', `${token?.slice(0, -4)}AAAA`);
      await invalid('new', 'AAAA');
      passed += 10 * MINUTE_MS;
      await invalid('new', token);
      const { token: again } = offerOf(await program('activate', 'new'));
      expect(codeOf(await program('replace', 'new', choice(again, ids[0])))).toBe('OK');
      await program('deactivate', 'new');
      await program('activate', 'c');
      await invalid('new', again);
      expect(await seats(path)).toEqual([2, 'b', 'c']);
    });

    it('needs the permission of the template at both times', async () => {
      const { program: forbidden } = await full({ self_service_replacement: false });
      const refused = await forbidden('activate', 'new');
      expect(refused.body).toMatchObject({ next: { action: 'deactivate_device', count: 1 } });
      expect(offerOf(refused)).toEqual({ token: undefined, ids: [] });
      const { path, program, ids } = await full();
      const { token } = offerOf(await program('activate', 'new'));
      const { product_id } = (await tenant.get(path)).body;
      const template = await tenant.template({ max_activations: 2, product_id });
      const changed = await tenant.post(`${path}/change-template`, { license_template_id: template });
      expect(changed.body).toMatchObject({ self_service_replacement: false });
      expect(codeOf(await program('replace', 'new', choice(token, ids[0])))).toBe('REPLACEMENT_TOKEN_INVALID');
    });

    it('is offered to programs alone, and not to a device that has a seat', async () => {
      const { path, program } = await full({ license_model: 'PER_CORE' });
      const byStaff = await tenant.post(`${path}/activations`, { fingerprint: 'new' });
      expect(byStaff.body).toMatchObject({ code: 'ACTIVATION_LIMIT_REACHED', next: { action: 'deactivate_device' } });
      expect(offerOf(byStaff).token).toBeUndefined();
      expect(offerOf(await program('activate', 'a', { units: 2 })).token).toBeUndefined();
      expect(offerOf(await program('activate', 'new')).ids).toHaveLength(2);
      // Two cores are wanted, and no device has so many.
      expect(offerOf(await program('activate', 'new', { units: 2 })).ids).toEqual([]);
    });

    it('offers no device where evictions of all others make too little room, and keeps those', async () => {
      const cores = { license_model: 'PER_CORE', max_activations: 4, eviction_policy: 'OLDEST' };
      const { path, program } = await issue({ ...REPLACING, ...cores });
      await program('activate', 'a', { units: 2 });
      const file = await program('check-out', 'b', { units: 2, ttl_seconds: 600 });
      const refused = await program('activate', 'c', { units: 4 });
      expect(refused.body).toMatchObject({ code: 'ACTIVATION_LIMIT_REACHED', current_activations: 4 });
      expect(refused.body.next).toEqual({ action: 'retry', after: file.body.expires_at });
      expect(offerOf(refused)).toEqual({ token: undefined, ids: [] });
      expect(await seats(path)).toEqual([4, 'a', 'b']);
    });

    it('offers no user who has another device, and no device that a license file holds', async () => {
      const { program, ids } = await full({ license_type: 'NAMED_USER' });
      await program('activate', 'c', { user_id: 'a' });
      expect(offerOf(await program('activate', 'new', { user_id: 'new' })).ids).toEqual([ids[1]]);
      const files = await full();
      await files.program('check-out', 'a', { ttl_seconds: 600 });
      const { token, ids: offered } = offerOf(await files.program('activate', 'new'));
      expect(offered).toEqual([files.ids[1]]);
      expect(codeOf(await files.program('replace', 'new', choice(token, files.ids[0])))).toBe('SEAT_LENT');
      expect(codeOf(await files.program('replace', 'new', choice(token, NOBODYS)))).toBe('ACTIVATION_NOT_FOUND');
      const elsewhere = await full();
      expect(codeOf(await files.program('replace', 'new', choice(token, elsewhere.ids[0])))).toBe(
        'ACTIVATION_NOT_FOUND',
      );
      expect(codeOf(await files.program('replace', 'new', choice(token, files.ids[1])))).toBe('OK');
    });

    it('is offered by check-out as well, and counts as a deactivation', async () => {
      const { path, program, ids } = await full({ deactivations_per_period: { limit: 1, period: 'YEAR' } });
      const { token, ids: offered } = offerOf(await program('check-out', 'new', { ttl_seconds: 600 }));
      expect(offered).toEqual(ids);
      expect(codeOf(await program('replace', 'new', choice(token, ids[1])))).toBe('OK');
      // The limit is used up, so that nothing is offered, and what was offered before is refused.
      const refused = await program('activate', 'newer');
      expect(refused.body).toMatchObject({ code: 'ACTIVATION_LIMIT_REACHED', next: { action: 'retry' } });
      expect(offerOf(refused).token).toBeUndefined();
      expect(await seats(path)).toEqual([2, 'a', 'new']);
    });

    it('takes a seat that has become free, and ends and counts nothing then', async () => {
      const { id, path, program, ids } = await full({ deactivations_per_period: { limit: 1, period: 'YEAR' } });
      const { token } = offerOf(await program('activate', 'new'));
      await tenant.post(`${path}/activations/${ids[0]}/deactivate`);
      expect(codeOf(await program('replace', 'new', choice(token, ids[0])))).toBe('OK');
      expect(await seats(path)).toEqual([2, 'b', 'new']);
      await toldOf(id, 'license.deactivated', 1);
      const { token: next } = offerOf(await program('activate', 'newer'));
      expect(codeOf(await program('replace', 'newer', choice(next, ids[1])))).toBe('OK');
    });

    it('offers the devices of the moment where another one was faster, and changes nothing', async () => {
      const { path, program, ids } = await full();
      const { token } = offerOf(await program('activate', 'new'));
      await tenant.post(`${path}/activations/${ids[0]}/deactivate`);
      await program('activate', 'c');
      const late = await program('replace', 'new', choice(token, ids[0]));
      expect(late.body).toMatchObject({ code: 'ACTIVATION_LIMIT_REACHED', next: { action: 'replace_device' } });
      const { token: next, ids: offered } = offerOf(late);
      expect(offered[0]).toBe(ids[1]);
      expect(codeOf(await program('replace', 'new', choice(next, ids[1])))).toBe('OK');
      expect(await seats(path)).toEqual([2, 'c', 'new']);
    });

    it('that is too small is refused by the seats that stay in use, and offers no device that makes no room', async () => {
      const { id, path, program } = await issue({ ...REPLACING, license_model: 'PER_CORE', max_activations: 8 });
      for (const [device, units] of Object.entries({ a: 4, b: 2 })) await program('activate', device, { units });
      // Each hour records one refusal of a device, so that the second one comes in the next hour.
      const untilHour = HOUR_MS - ((start + passed) % HOUR_MS);
      passed += untilHour + HOUR_MS - MINUTE_MS;
      const { token, ids } = offerOf(await program('activate', 'c', { units: 4 }));
      expect(ids).toHaveLength(2);
      passed += 2 * MINUTE_MS;
      const { status, body } = await program('replace', 'c', choice(token, ids[0], { units: 8 }));
      expect({ status, body }).toMatchObject({
        status: 409,
        body: {
          code: 'ACTIVATION_LIMIT_REACHED',
          detail: 'Not enough free seats: 6 of 8 in use. Deactivate 2 devices first.',
          current_activations: 6,
        },
      });
      expect(body.next).toEqual({ action: 'deactivate_device', count: 2 });
      expect(offerOf({ body })).toEqual({ token: undefined, ids: [] });
      expect(await seats(path)).toEqual([6, 'a', 'b']);
      const numbers = { event_data: { current_activations: 6, seat_limit: 8 } };
      expect(await toldOf(id, 'license.activation_refused', 2)).toMatchObject([numbers, numbers]);
      const { token: next, ids: offered } = offerOf(await program('replace', 'c', choice(token, ids[1], { units: 6 })));
      expect(offered).toEqual([ids[0]]);
      expect(codeOf(await program('replace', 'c', choice(next, offered[0], { units: 6 })))).toBe('OK');
      expect(await seats(path)).toEqual([8, 'b', 'c']);
    });

    it('refuses a blocked device, a suspended license and a forbidden place, and changes nothing', async () => {
      const { path, program, ids } = await full({
        restrictions: [{ restriction_type: 'MAC_ADDRESS', values: ['00:1B:44:11:3A:B7'], operator: 'DENY' }],
      });
      const { token } = offerOf(await program('activate', 'new'));
      const denied = await program('replace', 'new', choice(token, ids[0], { mac: '00:1B:44:11:3A:B7' }));
      expect(codeOf(denied)).toBe('LICENSE_RESTRICTED');
      const { body: blocked } = await block(path, 'new');
      expect(codeOf(await program('replace', 'new', choice(token, ids[0])))).toBe('DEVICE_BLOCKED');
      await tenant.send('delete', `${path}/blocked-devices/${blocked.blocked_device_id}`);
      await tenant.post(`${path}/suspend`, { reason: { code: 'OTHER' } });
      expect(codeOf(await program('replace', 'new', choice(token, ids[0])))).toBe('LICENSE_STATE');
      await tenant.post(`${path}/reinstate`, {});
      expect(await seats(path)).toEqual([2, 'a', 'b']);
      expect(codeOf(await program('replace', 'new', choice(token, ids[0])))).toBe('OK');
    });
  });
});
