import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DeviceLastSeen } from '../../src/activations/index.js';
import { FAILURE_CODES } from '../../src/validation/index.js';
import { loadConfig } from '../../src/config.js';
import { Clock } from '../../src/shared/time/clock.js';
import type { Api, Wire } from '../support/api.js';
import { TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { statementsOf } from '../support/statements.js';

const DAY_MS = 24 * 3_600_000;
const START = new Date('2026-06-15T10:30:00.000Z');
const NOBODYS = '0123-4567-89AB-CDEF-0123';

type Body = Record<string, unknown>;

describe('the client API', () => {
  let app: TestApp;
  let api: Api;
  let client: Api;
  let now = START;

  beforeAll(async () => {
    const clock = { now: () => now };
    app = await TestApp.start({
      environment: {
        TRUST_PROXY: '1',
        COUNTRY_HEADER: 'CF-IPCountry',
        CLIENT_RATE_PER_ADDRESS: '100000',
        // Nothing of the server's own among the statements that are counted.
        RELAY_INTERVAL_MS: '600000',
        LICENSE_TIMER_INTERVAL_MS: '600000',
      },
      override: (builder) => builder.overrideProvider(Clock).useValue(clock),
    });
    api = await app.tenant();
    client = app.anonymous();
  });

  afterAll(() => app.stop());

  const issue = async (terms: Body = {}): Promise<Wire> => api.issue(await api.template(terms));
  const ask = async (license: Wire, question: Body = {}, headers: Record<string, string> = {}): Promise<Wire> => {
    const body = { license_key: license.license_key as string, ...question };
    const response = await client.post('/v1/client/validate', body, headers);
    expect(response.status).toBe(200);
    return response.body;
  };
  const codes = (answer: Wire): string[] => (answer.reasons as Wire[]).map(({ code }) => code as string);
  const call = (route: string, license: Wire, body: Body = {}, headers: Record<string, string> = {}) =>
    client.post(`/v1/client/${route}`, { license_key: license.license_key as string, ...body }, headers);
  const status = (license: Wire, value: string) =>
    app.database.query('UPDATE licenses SET status = $2 WHERE license_id = $1', [license.license_id, value]);

  describe('validate', () => {
    it('says that a license is valid on the device it is activated on, and all that a program may know', async () => {
      const license = await issue({ max_activations: 2, features: [{ feature_id: 'a', feature_name: 'A' }] });
      const device = { fingerprint: 'pc', name: 'Front desk' };
      const activation = (await call('activate', license, device)).body;
      const answer = await ask(license, { fingerprint: 'pc', nonce: 'n-1', product_id: license.product_id as string });
      expect(answer).toMatchObject({
        valid: true,
        code: 'VALID',
        reasons: [],
        license: { license_id: license.license_id, status: 'ACTIVE', current_activations: 1, max_activations: 2 },
        activation: { activation_id: activation.activation_id, status: 'ACTIVE' },
        entitlements: [{ feature_id: 'a', available: true, used: 0, remaining: null }],
        server_time: START.toISOString(),
        nonce: 'n-1',
      });
      expect(JSON.stringify(answer)).not.toContain(license.license_key);
    });

    it('takes a key as people type it', async () => {
      const license = await issue({ max_activations: null });
      const typed = (license.license_key as string).toLowerCase().replaceAll('-', ' ');
      expect((await ask({ license_key: typed })).code).toBe('VALID');
    });

    it('gives every reason at once, in the documented order, the first of them as the code', async () => {
      const features = [
        { feature_id: 'off', feature_name: 'O', enabled: false },
        { feature_id: 'old', feature_name: 'O', expires_at: '2026-01-01T00:00:00Z' },
        { feature_id: 'none', feature_name: 'N', limit_value: 0, limit_type: 'COUNT' },
      ];
      const only = (restriction_type: string, value: string) => ({
        restriction_type,
        values: [value],
        operator: 'ALLOW',
      });
      const license = await issue({
        features,
        default_duration: 30,
        grace_period_days: 0,
        restrictions: [
          only('GEOGRAPHIC', 'DE'),
          only('DOMAIN', 'example.com'),
          only('IP_RANGE', '203.0.113.0/24'),
          only('MAC_ADDRESS', '00:1B:44:11:3A:B7'),
          only('HARDWARE_ID', 'H-1'),
          only('TIME_BASED', 'Sun 00:00-01:00 UTC'),
        ],
      });
      now = new Date(START.getTime() + 31 * DAY_MS);
      const question = {
        product_id: 'another',
        released_at: '2027-01-01T00:00:00Z',
        client_time: '2020-01-01T00:00:00Z',
        features: ['none', 'old', 'off', 'unknown'],
      };
      const answer = await ask(license, question);
      now = START;
      expect(codes(answer)).toEqual([
        'EXPIRED',
        'PRODUCT_MISMATCH',
        'VERSION_NOT_COVERED',
        'CLOCK_SKEW',
        'COUNTRY_DENIED',
        'DOMAIN_DENIED',
        'IP_DENIED',
        'MAC_DENIED',
        'HARDWARE_DENIED',
        'TIME_DENIED',
        'FINGERPRINT_REQUIRED',
        'FEATURE_MISSING',
        'FEATURE_MISSING',
        'FEATURE_EXPIRED',
        'USAGE_EXCEEDED',
      ]);
      expect(answer).toMatchObject({ valid: false, code: 'EXPIRED' });
      const order = codes(answer).map((code) => FAILURE_CODES.indexOf(code as (typeof FAILURE_CODES)[number]));
      expect(order).toEqual([...order].sort((a, b) => a - b));
    });

    it('says IN_GRACE, which is valid, until the grace ends, and then EXPIRED', async () => {
      const license = await issue({ max_activations: null, default_duration: 10, grace_period_days: 5 });
      const at = async (days: number) => {
        now = new Date(START.getTime() + days * DAY_MS);
        const answer = await ask(license);
        now = START;
        return [answer.valid, answer.code, answer.license.status];
      };
      expect(await at(9.99)).toEqual([true, 'VALID', 'ACTIVE']);
      expect(await at(10)).toEqual([true, 'IN_GRACE', 'EXPIRED']);
      expect(await at(14.99)).toEqual([true, 'IN_GRACE', 'EXPIRED']);
      expect(await at(15)).toEqual([false, 'EXPIRED', 'EXPIRED']);
    });

    it.each([
      ['SUSPENDED', 'SUSPENDED'],
      ['REVOKED', 'REVOKED'],
    ])('says %s', async (stored, code) => {
      const license = await issue({ max_activations: null });
      await status(license, stored);
      expect(await ask(license)).toMatchObject({ valid: false, code });
    });

    it('tells a device what is wrong with its seat', async () => {
      const license = await issue({ max_activations: 1 });
      expect(codes(await ask(license))).toEqual(['FINGERPRINT_REQUIRED']);
      expect(codes(await ask(license, { fingerprint: 'a' }))).toEqual(['NOT_ACTIVATED']);
      await call('activate', license, { fingerprint: 'a' });
      expect(codes(await ask(license, { fingerprint: 'b' }))).toEqual([
        'ACTIVATION_LIMIT_REACHED',
        'NOT_ACTIVATED',
        'FINGERPRINT_MISMATCH',
      ]);
      expect((await ask(license, { fingerprint: 'a' })).code).toBe('VALID');
      await call('deactivate', license, { fingerprint: 'a' });
      const answer = await ask(license, { fingerprint: 'a' });
      expect(codes(answer)).toEqual(['NOT_ACTIVATED']);
      expect(answer.activation.status).toBe('DEACTIVATED');
    });

    it('needs no device where seats have no limit', async () => {
      for (const terms of [{ max_activations: null }, { license_model: 'SITE_LICENSE' }]) {
        expect((await ask(await issue(terms))).code).toBe('VALID');
      }
    });

    it('judges a version by its release, against the end of maintenance', async () => {
      const license = await issue({ max_activations: null, default_duration: 10 });
      const end = START.getTime() + 10 * DAY_MS;
      const released = async (at: number) => (await ask(license, { released_at: new Date(at).toISOString() })).code;
      expect(await released(end)).toBe('VALID');
      expect(await released(end + 1)).toBe('VERSION_NOT_COVERED');
      expect((await ask(license, { version: '99.0' })).code).toBe('VALID');
    });

    it('notices a clock that is more than five minutes wrong', async () => {
      const license = await issue({ max_activations: null });
      const at = async (ms: number) =>
        (await ask(license, { client_time: new Date(START.getTime() + ms).toISOString() })).code;
      expect(await Promise.all([at(300_000), at(-300_000)])).toEqual(['VALID', 'VALID']);
      expect(await Promise.all([at(301_000), at(-301_000)])).toEqual(['CLOCK_SKEW', 'CLOCK_SKEW']);
    });

    it('says that the vendor is suspended', async () => {
      const other = await app.tenant();
      const license = await other.issue(await other.template({ max_activations: null }));
      await app.database.query(`UPDATE tenants SET status = 'SUSPENDED' WHERE id = $1`, [other.tenantId]);
      await eventually(async () => {
        expect(await ask(license)).toMatchObject({ valid: false, code: 'TENANT_SUSPENDED' });
      });
      const denied = await call('activate', license, { fingerprint: 'a' });
      expect(denied).toMatchObject({ status: 403, body: { code: 'TENANT_SUSPENDED' } });
    });

    it('says so also to a program that brings a key of the vendor', async () => {
      const other = await app.tenant();
      const license = await other.issue(await other.template({ max_activations: null }));
      const made = await other.create('/v1/api-keys', { name: 'in our program', role: 'client' });
      const program = app.bearer(other.tenantId, made.api_key as string);
      await app.database.query(`UPDATE tenants SET status = 'SUSPENDED' WHERE id = $1`, [other.tenantId]);
      const body = { license_key: license.license_key as string };
      await eventually(async () => {
        const answer = await program.post('/v1/client/validate', body);
        expect(answer).toMatchObject({ status: 200, body: { valid: false, code: 'TENANT_SUSPENDED' } });
      });
      const denied = await program.post('/v1/client/activate', { ...body, fingerprint: 'a' });
      expect(denied).toMatchObject({ status: 403, body: { code: 'TENANT_SUSPENDED' } });
      expect((await program.get('/v1/me')).status).toBe(403);
    });

    it.each(['SUSPENDED', 'REVOKED'])('says of what is %s that its time is over too', async (state) => {
      const license = await issue({ max_activations: null, default_duration: 30, grace_period_days: 5 });
      await status(license, state);
      now = new Date(START.getTime() + 35 * DAY_MS - 1);
      expect(codes(await ask(license))).toEqual([state]);
      now = new Date(START.getTime() + 35 * DAY_MS);
      expect(codes(await ask(license))).toEqual([state, 'EXPIRED']);
      now = START;
    });

    it('reads license, device, seats and usage in one statement, and so from one snapshot', async () => {
      const license = await issue({ features: [{ feature_id: 'a', feature_name: 'A', limit_value: 2 }] });
      await call('activate', license, { fingerprint: 'pc' });
      await call('usage/consume', license, { feature_id: 'a', amount: 2 });
      const request = { fingerprint: 'pc', features: ['a'] };
      expect(codes(await ask(license, request))).toEqual(['USAGE_EXCEEDED']);
      const parts = /FROM license(?:s|_keys|_activations|_usages)\b/g;
      const statements = await statementsOf(() => ask(license, request));
      expect(statements.map((text) => [...new Set(text.match(parts))].sort())).toEqual([
        ['FROM license_activations', 'FROM license_keys', 'FROM license_usages', 'FROM licenses'],
      ]);
    });

    it('writes nothing on its way; that a device was seen is written later', async () => {
      const license = await issue();
      await call('activate', license, { fingerprint: 'a' });
      await eventually(async () => {
        expect(await app.database.query('SELECT 1 FROM outbox')).toEqual([]);
      });
      // From now on it is written when this says so.
      await app.nest.get(DeviceLastSeen).beforeApplicationShutdown();
      now = new Date(START.getTime() + 60_000);
      const statements = await statementsOf(() => ask(license, { fingerprint: 'a' }));
      expect(statements.length).toBeGreaterThan(0);
      expect(statements.filter((text) => /\b(INSERT|UPDATE|DELETE)\b/.test(text))).toEqual([]);
      const { activation } = await ask(license, { fingerprint: 'a' });
      expect(activation.last_seen_at).toBe(START.toISOString());
      await app.nest.get(DeviceLastSeen).flush();
      expect((await ask(license, { fingerprint: 'a' })).activation.last_seen_at).toBe(now.toISOString());
      now = START;
    });
  });

  describe('a key', () => {
    let theirs: Wire;
    let publishable: Api;

    beforeAll(async () => {
      const other = await app.tenant();
      theirs = await other.issue(await other.template());
      const made = await api.create('/v1/api-keys', { name: 'in our program', role: 'client' });
      publishable = app.bearer(api.tenantId, made.api_key as string);
    });

    const ROUTES: readonly (readonly [string, Body])[] = [
      ['validate', {}],
      ['activate', { fingerprint: 'x' }],
      ['deactivate', { fingerprint: 'x' }],
      ['heartbeat', { fingerprint: 'x' }],
      ['entitlements', {}],
      ['usage/consume', { feature_id: 'f', amount: 1 }],
      ['usage/release', { feature_id: 'f', amount: 1 }],
      ['check-out', { fingerprint: 'x' }],
    ];

    it.each(ROUTES)(
      'that is malformed, nobody’s or another tenant’s is answered alike by %s, after the same work',
      async (route, body) => {
        const answers: unknown[] = [];
        for (const license_key of ['', 'no key', 'x'.repeat(1_000), NOBODYS, theirs.license_key as string]) {
          const send = () => publishable.post(`/v1/client/${route}`, { license_key, ...body });
          await send();
          let answer: Wire;
          const statements = await statementsOf(async () => {
            const response = await send();
            const { instance, ...rest } = response.body;
            expect(route === 'validate' ? instance : 'any').toBe(route === 'validate' ? undefined : 'any');
            answer = { status: response.status, ...rest };
          });
          answers.push({ statements, ...answer });
        }
        const [first] = answers;
        expect(first).toMatchObject(
          route === 'validate'
            ? { status: 200, valid: false, code: 'NOT_FOUND', license: null }
            : { status: 404, code: 'LICENSE_NOT_FOUND' },
        );
        expect((first as Wire).statements).toHaveLength(1);
        for (const answer of answers) expect(answer).toEqual(first);
      },
    );

    it('of the program itself opens the client API for its tenant’s licenses, and nothing else', async () => {
      const license = await issue({ max_activations: null });
      const own = await publishable.post('/v1/client/validate', { license_key: license.license_key as string });
      expect(own.body.code).toBe('VALID');
      expect((await publishable.get('/v1/licenses')).status).toBe(403);
      expect((await publishable.get(`/v1/licenses/${license.license_id}/activations`)).status).toBe(403);
      expect((await publishable.post('/v1/products', { name: 'x' })).status).toBe(403);
    });

    it('of another role does not open it, nor one that is no key', async () => {
      const license = await issue({ max_activations: null });
      const reader = await app.key(api.tenantId, [], { role: 'read-only' });
      const body = { license_key: license.license_key as string };
      expect(await reader.post('/v1/client/validate', body)).toMatchObject({
        status: 403,
        body: { code: 'PERMISSION_DENIED' },
      });
      const forged = app.bearer(api.tenantId, `imp_${'0'.repeat(38)}`);
      expect((await forged.post('/v1/client/validate', body)).status).toBe(401);
    });
  });

  describe('activate, heartbeat and deactivate', () => {
    it('are done by the license, as the log says, and never tell its key', async () => {
      const license = await issue();
      const made = await call('activate', license, { fingerprint: 'pc', hostname: 'front' });
      expect(made).toMatchObject({ status: 200, body: { ip_address: expect.any(String), hostname: 'front' } });
      expect((await call('activate', license, { fingerprint: 'pc' })).body.activation_id).toBe(made.body.activation_id);
      expect(await call('activate', license, { fingerprint: 'other' })).toMatchObject({
        status: 409,
        body: { code: 'ACTIVATION_LIMIT_REACHED', current_activations: 1, max_activations: 1 },
      });
      for (let times = 0; times < 2; times++)
        expect((await call('deactivate', license, { fingerprint: 'pc' })).body.status).toBe('DEACTIVATED');
      await eventually(async () => {
        const { data } = (await api.get(`/v1/license-events?license_id=${license.license_id}`)).body;
        const events = (data as Wire[]).filter(({ event_type }) => event_type !== 'license.created');
        expect(events.map(({ event_type }) => event_type as string)).toEqual([
          'license.activated',
          'license.activation_refused',
          'license.deactivated',
        ]);
        for (const { actor } of events)
          expect(actor).toEqual({ type: 'license_key', id: license.license_id, via: 'rest' });
        expect(JSON.stringify(events)).not.toContain(license.license_key);
      });
    });

    it('let one of two devices in, however often both ask with keys for idempotency', async () => {
      const license = await issue();
      const answers = await Promise.all(
        Array.from({ length: 40 }, (_, n) =>
          call('activate', license, { fingerprint: n % 2 ? 'a' : 'b' }, { 'Idempotency-Key': n % 2 ? 'a' : 'b' }),
        ),
      );
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(20);
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 409]));
    });

    it('keep a lent seat while the program runs; after a pause it must ask for one again', async () => {
      const license = await issue({
        license_type: 'CONCURRENT',
        heartbeat_interval_seconds: 60,
        heartbeat_grace_seconds: 0,
      });
      const beat = () => call('heartbeat', license, { fingerprint: 'a' });
      expect(await beat()).toMatchObject({ status: 404, body: { code: 'ACTIVATION_NOT_FOUND' } });
      await call('activate', license, { fingerprint: 'a' });
      for (let minute = 0; minute < 3; minute++) {
        now = new Date(now.getTime() + 59_999);
        expect((await beat()).body.lease_expires_at).toBe(new Date(now.getTime() + 60_000).toISOString());
      }
      now = new Date(now.getTime() + 60_000);
      const listed = async (as: string) => {
        const path = `/v1/licenses/${license.license_id}/activations?status=${as}`;
        return ((await api.get(path)).body.data as Wire[]).map(({ fingerprint, status }) => [fingerprint, status]);
      };
      expect(await listed('ACTIVE')).toEqual([]);
      expect(await listed('EXPIRED')).toEqual([['a', 'EXPIRED']]);
      expect(await beat()).toMatchObject({ status: 409, body: { code: 'HEARTBEAT_EXPIRED' } });
      expect(codes(await ask(license, { fingerprint: 'a' }))).toEqual(['HEARTBEAT_EXPIRED']);
      expect((await call('activate', license, { fingerprint: 'b' })).status).toBe(200);
      expect(codes(await ask(license, { fingerprint: 'a' }))).toEqual([
        'ACTIVATION_LIMIT_REACHED',
        'HEARTBEAT_EXPIRED',
      ]);
      expect((await beat()).body.code).toBe('HEARTBEAT_EXPIRED');
      expect(await listed('ACTIVE')).toEqual([['b', 'ACTIVE']]);
      await call('deactivate', license, { fingerprint: 'b' });
      expect([await listed('ACTIVE'), await listed('DEACTIVATED')]).toEqual([[], [['b', 'DEACTIVATED']]]);
      now = START;
    });

    it('are refused to a license that is suspended, except giving back', async () => {
      const license = await issue({ features: [{ feature_id: 'f', feature_name: 'F' }] });
      await call('activate', license, { fingerprint: 'a' });
      await status(license, 'SUSPENDED');
      for (const [route, action, body] of [
        ['activate', 'activate', { fingerprint: 'a' }],
        ['heartbeat', 'heartbeat', { fingerprint: 'a' }],
        ['usage/consume', 'use', { feature_id: 'f', amount: 1 }],
        ['check-out', 'check-out', { fingerprint: 'a' }],
      ] as const) {
        const refused = (await call(route, license, body)).body;
        expect(refused.code).toBe('LICENSE_STATE');
        expect(refused.detail).toContain(`Action "${action}" is not allowed`);
      }
      expect((await call('deactivate', license, { fingerprint: 'a' })).status).toBe(200);
    });
  });

  describe('restrictions', () => {
    const restricted = (restriction_type: string, values: string[], operator = 'ALLOW') =>
      issue({ max_activations: null, restrictions: [{ restriction_type, values, operator }] });

    it.each([
      ['IP_RANGE', ['203.0.113.0/24'], '203.0.113.7', true],
      ['IP_RANGE', ['203.0.113.0/24'], '203.0.114.7', false],
      ['IP_RANGE', ['203.0.113.0/24'], '::ffff:203.0.113.7', true],
      ['IP_RANGE', ['::ffff:203.0.113.0/120'], '203.0.113.7', true],
      ['IP_RANGE', ['2001:db8::/32'], '2001:db8:1::1', true],
      ['IP_RANGE', ['2001:db8::/32'], '203.0.113.7', false],
      ['IP_RANGE', ['198.51.100.1'], '198.51.100.1', true],
    ])('%s %j let %s in: %s', async (type, values, address, valid) => {
      const headers = { 'X-Forwarded-For': address };
      expect((await ask(await restricted(type, values), {}, headers)).valid).toBe(valid);
      expect((await ask(await restricted(type, values, 'DENY'), {}, headers)).valid).toBe(!valid);
    });

    it.each([
      ['DOMAIN', ['example.com'], { domain: 'EXAMPLE.com.' }, true],
      ['DOMAIN', ['example.com'], { domain: 'www.example.com' }, false],
      ['DOMAIN', ['*.example.com'], { domain: 'a.b.example.com' }, true],
      ['DOMAIN', ['*.example.com'], { domain: 'example.com' }, false],
      ['DOMAIN', ['*.example.com'], { domain: 'badexample.com' }, false],
      ['DOMAIN', ['example.com'], {}, false],
      ['MAC_ADDRESS', ['00:1b:44:11:3a:b7'], { mac: '001B.4411.3AB7' }, true],
      ['MAC_ADDRESS', ['00:1b:44:11:3a:b7'], { mac: '00-1B-44-11-3A-B8' }, false],
      ['MAC_ADDRESS', ['00:1b:44:11:3a:b7'], {}, false],
      ['HARDWARE_ID', ['H-1', 'H-2'], { hardware_id: 'H-2' }, true],
      ['HARDWARE_ID', ['H-1', 'H-2'], { hardware_id: 'h-2' }, false],
      ['TIME_BASED', ['Mon-Fri 12:00-13:00 Europe/Berlin'], {}, true],
      ['TIME_BASED', ['Mon-Fri 12:00-13:00 UTC'], {}, false],
    ])('%s %j of what says %j: %s', async (type, values, question, valid) => {
      expect((await ask(await restricted(type, values), question)).valid).toBe(valid);
      const unknown = Object.keys(question).length === 0 && type !== 'TIME_BASED';
      // An unknown value passes a DENY list.
      expect((await ask(await restricted(type, values, 'DENY'), question)).valid).toBe(unknown || !valid);
    });

    it('believe in a country what a trusted proxy says, and nobody else', async () => {
      const license = await restricted('GEOGRAPHIC', ['DE', 'AT']);
      const from = async (headers: Record<string, string>) => (await ask(license, {}, headers)).code as string;
      const proxied = { 'X-Forwarded-For': '203.0.113.7' };
      expect(await from({ ...proxied, 'CF-IPCountry': 'de' })).toBe('VALID');
      expect(await from({ ...proxied, 'CF-IPCountry': 'US' })).toBe('COUNTRY_DENIED');
      expect(await from({ ...proxied, 'CF-IPCountry': 'XX1' })).toBe('COUNTRY_DENIED');
      expect(await from(proxied)).toBe('COUNTRY_DENIED');
      expect(await from({ 'CF-IPCountry': 'DE' })).toBe('COUNTRY_DENIED');
      const denied = await restricted('GEOGRAPHIC', ['US'], 'DENY');
      expect((await ask(denied)).code).toBe('VALID');
    });

    it('of one type count together: all that is allowed, less what is denied', async () => {
      const restriction = (operator: string, ...values: string[]) => ({
        restriction_type: 'IP_RANGE',
        values,
        operator,
      });
      const license = await issue({
        max_activations: null,
        restrictions: [
          restriction('ALLOW', '10.0.0.0/8'),
          restriction('ALLOW', '192.168.0.0/16'),
          restriction('DENY', '10.1.0.0/16'),
        ],
      });
      const from = async (address: string) => (await ask(license, {}, { 'X-Forwarded-For': address })).valid as boolean;
      expect(await Promise.all(['10.2.0.1', '192.168.1.1', '10.1.0.1', '172.16.0.1'].map(from))).toEqual([
        true,
        true,
        false,
        false,
      ]);
    });

    it('keep a device from being activated where it is known that the license may not be used', async () => {
      const restrictions = [
        { restriction_type: 'HARDWARE_ID', values: ['H-1'], operator: 'ALLOW' },
        { restriction_type: 'GEOGRAPHIC', values: ['DE'], operator: 'ALLOW' },
      ];
      const license = await issue({ restrictions });
      const wrong = { fingerprint: 'a', product_id: 'another', hardware_id: 'H-2' };
      const refused = await call('activate', license, wrong);
      expect(refused).toMatchObject({ status: 403, body: { code: 'LICENSE_RESTRICTED' } });
      expect(codes(refused.body)).toEqual(['PRODUCT_MISMATCH', 'HARDWARE_DENIED']);
      const abroad = { 'X-Forwarded-For': '203.0.113.7', 'CF-IPCountry': 'US' };
      const right = { fingerprint: 'a', hardware_id: 'H-1' };
      expect(codes((await call('activate', license, right, abroad)).body)).toEqual(['COUNTRY_DENIED']);
      expect((await call('activate', license, right)).status).toBe(200);
      expect((await call('activate', license, { fingerprint: 'a' })).status).toBe(200);
      // A file would be used without asking.
      expect(codes((await call('check-out', license, { fingerprint: 'a' })).body)).toEqual([
        'COUNTRY_DENIED',
        'HARDWARE_DENIED',
      ]);
      const home = { 'X-Forwarded-For': '203.0.113.7', 'CF-IPCountry': 'DE' };
      expect((await call('check-out', license, right, home)).status).toBe(200);
      // A key that was not found is looked up each time.
      expect(codes(await ask(license, { fingerprint: 'a' }))).toEqual(['COUNTRY_DENIED', 'HARDWARE_DENIED']);
    });
  });

  describe('usage', () => {
    const feature = { feature_id: 'exports', feature_name: 'Exports', limit_value: 100, limit_type: 'COUNT' };
    const consume = (license: Wire, amount: unknown, headers: Record<string, string> = {}) =>
      call('usage/consume', license, { feature_id: 'exports', amount }, headers);
    const release = (license: Wire, amount: unknown) =>
      call('usage/release', license, { feature_id: 'exports', amount });
    const used = async (license: Wire): Promise<Wire> => (await call('entitlements', license)).body.entitlements[0];

    it('goes up to the limit exactly, whoever asks at once, and down to nothing', async () => {
      const license = await issue({ features: [feature] });
      const answers = await Promise.all(Array.from({ length: 150 }, (_, n) => consume(license, (n % 3) + 1)));
      const taken = answers.reduce((sum, { status }, n) => sum + (status === 200 ? (n % 3) + 1 : 0), 0);
      expect(taken).toBeGreaterThan(97);
      expect(await used(license)).toMatchObject({ used: taken, remaining: 100 - taken });
      const refused = answers.find(({ status }) => status === 409);
      expect(refused?.body).toMatchObject({ code: 'USAGE_EXCEEDED', limit_value: 100 });
      const back = await Promise.all(Array.from({ length: 150 }, () => release(license, 1)));
      expect(back.filter(({ status }) => status === 200)).toHaveLength(taken);
      expect(back.find(({ status }) => status === 409)?.body).toMatchObject({ code: 'USAGE_NOT_HELD', used: 0 });
      expect(await used(license)).toMatchObject({ used: 0, remaining: 100 });
    });

    it('is all or nothing, and told of by validate', async () => {
      const license = await issue({ max_activations: null, features: [feature] });
      await consume(license, 60);
      expect((await consume(license, 41)).body).toMatchObject({ code: 'USAGE_EXCEEDED', used: 60 });
      expect((await ask(license, { features: ['exports'] })).code).toBe('VALID');
      expect((await consume(license, 40)).body.entitlement).toMatchObject({ used: 100, remaining: 0 });
      expect((await ask(license, { features: ['exports'] })).code).toBe('USAGE_EXCEEDED');
    });

    it.each([0, -1, 1.5, '1', null, 2 ** 53, 1e308])('is never counted by an amount of %p', async (amount) => {
      const license = await issue({ features: [feature] });
      for (const answer of [await consume(license, amount), await release(license, amount)])
        expect(answer).toMatchObject({ status: 400, body: { errors: [{ pointer: '/amount' }] } });
    });

    it('does not overflow where there is no limit', async () => {
      const license = await issue({ features: [{ ...feature, limit_value: null }] });
      expect((await consume(license, Number.MAX_SAFE_INTEGER - 1)).body.entitlement.remaining).toBeNull();
      expect((await consume(license, 2)).body.code).toBe('USAGE_EXCEEDED');
      expect((await consume(license, 1)).body.entitlement.used).toBe(Number.MAX_SAFE_INTEGER);
    });

    it('counts anew when its period turns, in UTC', async () => {
      const license = await issue({ features: [{ ...feature, reset_period: 'MONTH' }] });
      now = new Date('2026-06-30T23:59:59.999Z');
      expect((await consume(license, 100)).body.entitlement).toMatchObject({ resets_at: '2026-07-01T00:00:00.000Z' });
      expect((await consume(license, 1)).status).toBe(409);
      now = new Date('2026-07-01T00:00:00.000Z');
      expect((await release(license, 1)).body.code).toBe('USAGE_NOT_HELD');
      expect((await consume(license, 1)).body.entitlement).toMatchObject({ used: 1, remaining: 99 });
      now = START;
    });

    it.each([
      ['DAY', '2026-06-16T00:00:00.000Z'],
      ['YEAR', '2027-01-01T00:00:00.000Z'],
    ])('counts anew each %s', async (reset_period, resets_at) => {
      const license = await issue({ features: [{ ...feature, reset_period }] });
      expect((await consume(license, 100)).body.entitlement).toMatchObject({ resets_at });
      now = new Date(Date.parse(resets_at) - 1);
      expect((await consume(license, 1)).status).toBe(409);
      now = new Date(resets_at);
      expect((await consume(license, 100)).status).toBe(200);
      now = START;
    });

    it.each(['SIZE', 'DURATION', 'BANDWIDTH'])('of type %s is counted as exactly', async (limit_type) => {
      const license = await issue({ features: [{ ...feature, limit_type }] });
      expect((await consume(license, 100)).body.entitlement).toMatchObject({ limit_type, used: 100, remaining: 0 });
      expect((await consume(license, 1)).body).toMatchObject({ code: 'USAGE_EXCEEDED', limit_value: 100 });
      expect((await release(license, 1)).body.entitlement).toMatchObject({ used: 99, remaining: 1 });
    });

    it('is counted once with an idempotency key', async () => {
      const license = await issue({ features: [feature] });
      const key = { 'Idempotency-Key': 'export-1' };
      const answers = await Promise.all(Array.from({ length: 10 }, () => consume(license, 7, key)));
      expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
      expect((await used(license)).used).toBe(7);
    });

    it.each([
      [{ enabled: false }, 'is not part'],
      [{ expires_at: '2026-06-15T10:30:00Z' }, 'has expired'],
      [{ feature_id: 'another' }, 'is not part'],
    ])('of a feature with %j is refused', async (change, words) => {
      const license = await issue({ features: [{ ...feature, ...change }] });
      const { status, body } = await consume(license, 1);
      expect({ status, code: body.code as string }).toEqual({ status: 409, code: 'FEATURE_UNAVAILABLE' });
      expect(body.detail).toContain(words);
    });
  });

  describe('explain', () => {
    it('answers support as validate would answer a program, from wherever support says, and nobody was seen', async () => {
      const license = await issue({
        restrictions: [{ restriction_type: 'GEOGRAPHIC', values: ['DE'], operator: 'ALLOW' }],
      });
      const path = `/v1/licenses/${license.license_id}/explain`;
      await call('activate', license, { fingerprint: 'a' }, { 'X-Forwarded-For': '1.2.3.4', 'CF-IPCountry': 'DE' });
      now = new Date(START.getTime() + 1000);
      const there = await api.post(path, { fingerprint: 'a', country: 'DE' });
      expect(there.body).toMatchObject({ valid: true, code: 'VALID' });
      expect(codes((await api.post(path, { fingerprint: 'b', country: 'US' })).body)).toEqual([
        'COUNTRY_DENIED',
        'ACTIVATION_LIMIT_REACHED',
        'NOT_ACTIVATED',
        'FINGERPRINT_MISMATCH',
      ]);
      await app.nest.get(DeviceLastSeen).flush();
      expect((await api.post(path, { fingerprint: 'a' })).body.activation.last_seen_at).toBe(START.toISOString());
      now = START;
    });
  });
});

describe('COUNTRY_HEADER', () => {
  it('is refused where no proxy is trusted, since then everybody could say where they are', () => {
    expect(() => loadConfig({ COUNTRY_HEADER: 'CF-IPCountry' })).toThrow('needs TRUST_PROXY');
    expect(() => loadConfig({ COUNTRY_HEADER: 'two words', TRUST_PROXY: '1' })).toThrow('COUNTRY_HEADER');
  });
});

describe('the limits of the client API', () => {
  it('let a burst of 1,000 from one address through by default, and then say when to come again', async () => {
    const clock = { now: () => START };
    const app = await TestApp.start({ override: (builder) => builder.overrideProvider(Clock).useValue(clock) });
    const answers: number[] = [];
    let last: Wire;
    for (let batch = 0; batch < 11; batch++) {
      const responses = await Promise.all(
        Array.from({ length: 100 }, (_, n) =>
          app.anonymous().post('/v1/client/validate', { license_key: `${batch}-${n}` }),
        ),
      );
      answers.push(...responses.map(({ status }) => status));
      last = responses.at(-1);
    }
    expect(answers.filter((status) => status === 200)).toHaveLength(1_000);
    expect(answers.filter((status) => status === 429)).toHaveLength(100);
    expect(last!.body.code).toBe('RATE_LIMITED');
    expect(Number(last!.headers['retry-after'])).toBe(1);
    // The rest of the API has limits of its own.
    expect((await (await app.tenant()).get('/v1/products')).status).toBe(200);
    await app.stop();
  });

  it('count what is open to everybody together with the rest, for each address', async () => {
    const environment = { TRUST_PROXY: '1', CLIENT_RATE_PER_ADDRESS: '1', CLIENT_RATE_BURST_S: '3' };
    const clock = { now: () => START };
    const app = await TestApp.start({
      environment,
      override: (builder) => builder.overrideProvider(Clock).useValue(clock),
    });
    const tenant = await app.tenant();
    const { tenantId } = tenant;
    await app.signRevocations(tenant);
    const get = (path: string, address: string) =>
      app.anonymous().send('get', `/v1/client/${tenantId}/${path}`, undefined, { 'X-Forwarded-For': address });
    for (const path of ['jwks.json', 'revocations', 'jwks.json'])
      expect((await get(path, '203.0.113.1')).status).toBe(200);
    for (const path of ['jwks.json', 'revocations']) {
      const refused = await get(path, '203.0.113.1');
      expect(refused).toMatchObject({ status: 429, body: { code: 'RATE_LIMITED' } });
      expect(refused.headers['retry-after']).toBe('1');
      // No cache on the way may keep a refusal for others.
      expect(refused.headers['cache-control']).toBe('no-store');
    }
    const validate = { 'X-Forwarded-For': '203.0.113.1' };
    expect((await app.anonymous().post('/v1/client/validate', { license_key: NOBODYS }, validate)).status).toBe(429);
    expect((await get('jwks.json', '203.0.113.2')).status).toBe(200);
    await app.stop();
  });

  it('are those of a license too, from wherever it is used', async () => {
    const environment = { TRUST_PROXY: '1', CLIENT_RATE_PER_LICENSE: '1', CLIENT_RATE_BURST_S: '5' };
    const clock = { now: () => START };
    const app = await TestApp.start({
      environment,
      override: (builder) => builder.overrideProvider(Clock).useValue(clock),
    });
    const from = async (n: number, license_key: string) => {
      const headers = { 'X-Forwarded-For': `203.0.113.${n}` };
      return (await app.anonymous().post('/v1/client/validate', { license_key }, headers)).status;
    };
    const statuses: number[] = [];
    for (let n = 0; n < 6; n++) statuses.push(await from(n, NOBODYS));
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429]);
    // However it is typed.
    expect(await from(6, NOBODYS.toLowerCase().replaceAll('-', ' '))).toBe(429);
    expect(await from(7, 'another')).toBe(200);
    await app.stop();
  });

  describe('that a flood from one address has used up', () => {
    const clock = { now: () => START };
    const FLOODER = '203.0.113.1';
    let app: TestApp;
    let program: Api;

    beforeAll(async () => {
      app = await TestApp.start({
        environment: {
          TRUST_PROXY: '1',
          CLIENT_RATE_PER_ADDRESS: '10',
          CLIENT_RATE_PER_LICENSE: '10',
          CLIENT_RATE_PER_KEY: '20',
          CLIENT_RATE_BURST_S: '1',
        },
        override: (builder) => builder.overrideProvider(Clock).useValue(clock),
      });
      program = await app.key((await app.tenant()).tenantId, [], { role: 'client' });
    });

    afterAll(() => app.stop());

    const from = async (api: Api, address: string, license_key: string) =>
      (await api.post('/v1/client/validate', { license_key }, { 'X-Forwarded-For': address })).status;
    const passed = (statuses: number[]) => statuses.filter((status) => status === 200).length;

    it('do not lock out the owner of the license', async () => {
      const flood: number[] = [];
      for (let n = 0; n < 40; n++) flood.push(await from(app.anonymous(), FLOODER, NOBODYS));
      // Half of what the license has, though the address has as much as the license.
      expect(passed(flood)).toBe(5);
      const owner: number[] = [];
      for (let n = 0; n < 5; n++) owner.push(await from(app.anonymous(), '198.51.100.7', NOBODYS));
      expect(owner).toEqual([200, 200, 200, 200, 200]);
      expect(await from(app.anonymous(), '198.51.100.8', NOBODYS)).toBe(429);
    });

    it('do not lock out other users of a public API key', async () => {
      const flood: number[] = [];
      for (let n = 0; n < 40; n++) flood.push(await from(program, '203.0.113.2', `made up ${n}`));
      expect(passed(flood)).toBe(10);
      const others: number[] = [];
      for (let n = 0; n < 10; n++) others.push(await from(program, `198.51.100.${n + 10}`, `another ${n}`));
      expect(passed(others)).toBe(10);
    });

    it('leave the API key alone where the license has none left, and the license where the key has none', async () => {
      const key = await app.key((await app.tenant()).tenantId, [], { role: 'client' });
      const license = 'A1B2-C3D4-E5F6-0718-293A';
      for (let n = 0; n < 10; n++) expect(await from(app.anonymous(), `192.0.2.${n}`, license)).toBe(200);
      for (let n = 10; n < 40; n++) expect(await from(key, `192.0.2.${n}`, license)).toBe(429);
      for (let n = 40; n < 60; n++) expect(await from(key, `192.0.2.${n}`, `other ${n}`)).toBe(200);
      for (let n = 60; n < 80; n++) expect(await from(key, `192.0.2.${n}`, 'untouched')).toBe(429);
      for (let n = 80; n < 90; n++) expect(await from(app.anonymous(), `192.0.2.${n}`, 'untouched')).toBe(200);
    });
  });

  it('of one address for a license are what is set', async () => {
    const environment = { CLIENT_RATE_PER_LICENSE_AND_ADDRESS: '3', CLIENT_RATE_BURST_S: '1' };
    const clock = { now: () => START };
    const app = await TestApp.start({
      environment,
      override: (builder) => builder.overrideProvider(Clock).useValue(clock),
    });
    const statuses: number[] = [];
    for (let n = 0; n < 4; n++)
      statuses.push((await app.anonymous().post('/v1/client/validate', { license_key: NOBODYS })).status);
    expect(statuses).toEqual([200, 200, 200, 429]);
    await app.stop();
  });

  it('are those of an API key too, whichever license it asks for', async () => {
    const environment = { CLIENT_RATE_PER_KEY: '1', CLIENT_RATE_BURST_S: '5' };
    const clock = { now: () => START };
    const app = await TestApp.start({
      environment,
      override: (builder) => builder.overrideProvider(Clock).useValue(clock),
    });
    const { tenantId } = await app.tenant();
    const [one, other] = [
      await app.key(tenantId, [], { role: 'client' }),
      await app.key(tenantId, [], { role: 'client' }),
    ];
    const ask = async (program: Api, n: number) =>
      (await program.post('/v1/client/validate', { license_key: `key ${n}` })).status;
    const statuses: number[] = [];
    for (let n = 0; n < 6; n++) statuses.push(await ask(one, n));
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429]);
    expect(await ask(other, 6)).toBe(200);
    await app.stop();
  });
});
