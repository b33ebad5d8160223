import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LicenseTimer } from '../../src/licensing/lifecycle/license-timer.js';
import { Clock } from '../../src/shared/time/clock.js';
import { NDJSON, type Api, type Wire } from '../support/api.js';
import { TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';

describe('options of an issue', () => {
  let app: TestApp;
  let api: Api;
  let now = new Date('2026-01-31T10:00:00.000Z');

  beforeAll(async () => {
    app = await TestApp.start({
      environment: { LICENSE_TIMER_INTERVAL_MS: '86400000' },
      override: (builder) => builder.overrideProvider(Clock).useValue({ now: () => now }),
    });
    api = await app.tenant();
  });

  afterAll(() => app.stop());

  const read = async (id: string): Promise<Wire> => (await api.get(`/v1/licenses/${id}`)).body;
  const sweep = () => app.nest.get(LicenseTimer).sweep();
  const listed = async (filter: string): Promise<Wire[]> => (await api.get(`/v1/licenses?${filter}`)).body.data;

  it('a license of a month is renewed every month on the day that it began, in every view, stored or not', async () => {
    now = new Date('2026-01-31T10:00:00.000Z');
    const template = await api.template({ default_term: { months: 1 }, auto_renewal_enabled: true });
    expect((await api.get(`/v1/license-templates/${template}`)).body).toMatchObject({
      default_duration: null,
      default_term: { months: 1 },
    });
    const { license_id: id, expiry_date } = await api.issue(template);
    expect(expiry_date).toBe('2026-02-28T10:00:00.000Z');
    for (const [at, expiry, anchor] of [
      ['2026-02-10', '2026-02-28', 31],
      ['2026-03-10', '2026-03-31', null],
      ['2026-04-10', '2026-04-30', 31],
      ['2027-02-10', '2027-02-28', 31],
    ] as const) {
      now = new Date(`${at}T10:00:00.000Z`);
      const expected = { status: 'ACTIVE', expiry_date: `${expiry}T10:00:00.000Z`, anchor_day: anchor };
      expect(await read(id)).toMatchObject({ ...expected, default_term: { months: 1 }, default_duration: null });
      expect(await listed(`template_id=${template}&status=ACTIVE`)).toMatchObject([expected]);
      expect(await listed(`template_id=${template}&status=EXPIRED`)).toEqual([]);
      if (expiry === '2026-03-31') {
        await sweep();
        const [stored] = await app.database.query('SELECT expiry_date FROM licenses WHERE license_id = $1', [id]);
        expect((stored as { expiry_date: Date }).expiry_date.toISOString()).toBe(expected.expiry_date);
        expect(await read(id)).toMatchObject(expected);
      }
    }
    expect((await api.post(`/v1/licenses/${id}/renew`, {})).body).toMatchObject({
      expiry_date: '2027-03-31T10:00:00.000Z',
      anchor_day: null,
    });
  });

  describe('overrides', () => {
    const FEATURE = { feature_name: 'F', limit_value: null, limit_type: null, enabled: true, expires_at: null };
    const feature = (id: string, limit: number | null = null) => ({ ...FEATURE, feature_id: id, limit_value: limit });
    const TERMS = {
      max_activations: 5,
      grace_period_days: 10,
      default_duration: 30,
      features: [feature('a', 1), feature('b', 2)],
      restrictions: [{ restriction_type: 'GEOGRAPHIC', values: ['US'], operator: 'ALLOW' }],
    };
    const OVERRIDES = {
      max_activations: 2,
      grace_period_days: 3,
      features: [feature('b', 20), feature('c')],
      restrictions: [],
      term: { months: 1 },
    };
    const EFFECTIVE = {
      max_activations: 2,
      grace_period_days: 3,
      features: [feature('a', 1), feature('b', 20), feature('c')],
      restrictions: [],
      default_duration: null,
      default_term: { months: 1 },
      expiry_date: '2026-02-28T10:00:00.000Z',
      overrides: OVERRIDES,
    };
    let product: string;
    let template: string;

    beforeAll(async () => {
      now = new Date('2026-01-31T10:00:00.000Z');
      template = await api.template({ ...TERMS, trial_allowed: true });
      product = (await api.get(`/v1/license-templates/${template}`)).body.product_id as string;
    });

    const other = (terms: Record<string, unknown>) => api.template({ ...TERMS, ...terms, product_id: product });
    const issue = (overrides: Record<string, unknown>, more: Record<string, unknown> = {}) =>
      api.issue(template, { overrides, ...more });

    it('are in force from the issue on, and shown as such in every view', async () => {
      const { license_id: id } = await issue(
        { ...OVERRIDES, metadata: { seats: 2, deal: null } },
        { metadata: { deal: 'x', crm: 1 } },
      );
      const license = await read(id);
      expect(license).toMatchObject({ ...EFFECTIVE, metadata: { seats: 2, crm: 1 } });
      expect(license.metadata).toEqual({ seats: 2, crm: 1 });
      expect(await listed(`template_id=${template}&limit=1`)).toEqual([license]);
      await eventually(async () => {
        const [created] = (await api.get(`/v1/license-events?license_id=${id}`)).body.data;
        expect(created.event_data.overrides.sort()).toEqual(Object.keys(OVERRIDES).sort());
      });
    });

    it('are of one license each where many are issued together', async () => {
      const lines = Array.from({ length: 60 }, (_, at) => ({
        license_template_id: template,
        customer_id: `c-${at}`,
        ...(at % 3 > 0 && {
          overrides: { max_activations: at, ...(at % 3 === 2 && { features: [feature(`own-${at}`)] }) },
        }),
      }));
      const body = lines.map((line) => JSON.stringify(line)).join('\n');
      const batch = await api.send('post', '/v1/licenses:batch-issue', body, { 'Content-Type': NDJSON });
      const singles = await Promise.all(lines.map((line) => api.post('/v1/licenses', line)));
      const issued = [...batch.body.map(({ license }: Wire) => license), ...singles.map(({ body }) => body)];
      for (const [at, { license_id: id }] of issued.entries()) {
        const license = await read(id);
        const line = at % 60;
        expect(license.max_activations).toBe(line % 3 > 0 ? line : 5);
        expect(license.features.map(({ feature_id }: Wire) => feature_id)).toEqual(
          line % 3 === 2 ? ['a', 'b', `own-${line}`] : ['a', 'b'],
        );
      }
    });

    it('are kept by another template, and dropped where that is asked for', async () => {
      const { license_id: id } = await issue(OVERRIDES);
      const next = await other({ max_activations: 50, grace_period_days: 20, features: [feature('b', 3)] });
      const path = `/v1/licenses/${id}/change-template`;
      const kept = (await api.post(path, { license_template_id: next })).body;
      expect(kept).toMatchObject({ ...EFFECTIVE, features: [feature('b', 20), feature('c')], template_id: next });
      // A value set by PATCH is the value of the override from then on.
      await api.patch(`/v1/licenses/${id}`, { max_activations: 7 });
      const again = (await api.post(path, { license_template_id: template })).body;
      expect(again).toMatchObject({
        max_activations: 7,
        overrides: { ...OVERRIDES, max_activations: 7 },
        replaced: {},
      });
      const reset = (await api.post(path, { license_template_id: next, reset_overrides: true })).body;
      expect(reset).toMatchObject({
        max_activations: 50,
        grace_period_days: 20,
        features: [feature('b', 3)],
        restrictions: TERMS.restrictions,
        default_duration: 30,
        default_term: null,
        expiry_date: '2026-02-28T10:00:00.000Z',
        overrides: {},
      });
    });

    it('month to year is one call, with the permission to renew; a new term ends an override of the expiry', async () => {
      const monthly = await other({ default_duration: null, default_term: { months: 1 } });
      const yearly = await other({ default_duration: null, default_term: { years: 1 } });
      const { license_id: id, expiry_date } = await api.issue(monthly);
      expect(expiry_date).toBe('2026-02-28T10:00:00.000Z');
      const path = `/v1/licenses/${id}/change-template`;
      const changing = await app.key(api.tenantId, ['licenses:change-template']);
      const toYear = (new_term: string) => ({ license_template_id: yearly, new_term });
      expect((await changing.post(path, toYear('FROM_NOW'))).body.code).toBe('PERMISSION_DENIED');
      // The day of the month is that of the issue.
      expect((await api.post(path, toYear('FROM_EXPIRY'))).body.expiry_date).toBe('2027-02-28T10:00:00.000Z');
      expect((await api.post(path, toYear('FROM_NOW'))).body.expiry_date).toBe('2027-01-31T10:00:00.000Z');
      const { license_id: overridden } = await issue({ expiry_date: '2026-12-24T18:00:00.000Z' });
      const changed = await api.post(`/v1/licenses/${overridden}/change-template`, toYear('FROM_EXPIRY'));
      expect(changed.body).toMatchObject({ expiry_date: '2027-12-24T18:00:00.000Z', overrides: {} });
    });

    it('of the expiry hold until the next term, and keep an expiry that the new template has not', async () => {
      const end = '2026-12-24T18:00:00.000Z';
      const { license_id: id } = await issue({ expiry_date: end });
      expect(await read(id)).toMatchObject({ expiry_date: end, overrides: { expiry_date: end }, default_duration: 30 });
      const perpetual = await other({ license_type: 'PERPETUAL', default_duration: null });
      const endless = await other({ default_duration: null });
      const path = `/v1/licenses/${id}/change-template`;
      expect((await api.post(path, { license_template_id: endless })).body.expiry_date).toBe(end);
      await api.post(path, { license_template_id: template });
      const renewed = (await api.post(`/v1/licenses/${id}/renew`, { days: 1 })).body;
      expect(renewed).toMatchObject({ expiry_date: '2026-12-25T18:00:00.000Z', overrides: {} });
      expect((await api.post(path, { license_template_id: endless })).body.expiry_date).toBeNull();
      const { license_id: never } = await issue({ expiry_date: null, max_activations: 3 });
      expect(await read(never)).toMatchObject({ expiry_date: null, overrides: { expiry_date: null } });
      const forever = await api.post(`/v1/licenses/${never}/change-template`, { license_template_id: perpetual });
      expect(forever.body).toMatchObject({ expiry_date: null, overrides: { max_activations: 3 } });
    });

    it.each([
      ['two ends of the term', '/overrides', { term: { days: 1 }, expiry_date: null }, {}],
      ['two units of the term', '/overrides/term', { term: { days: 1, months: 1 } }, {}],
      ['the term of a trial', '/overrides/term', { term: { months: 1 } }, { trial: true }],
      ['a trial without an end', '/overrides/expiry_date', { expiry_date: null }, { trial: true }],
      ['an end in the past', '/overrides/expiry_date', { expiry_date: '2026-01-31T10:00:00.000Z' }, {}],
      ['no seat', '/overrides/max_activations', { max_activations: 0 }, {}],
      [
        'too many features',
        '/overrides/features',
        { features: Array.from({ length: 199 }, (_, at) => feature(`f-${at}`)) },
        {},
      ],
      ['an unknown name', '/overrides/default_term', { default_term: null }, {}],
    ])('with %s are refused', async (_, pointer, overrides, more) => {
      const order = { license_template_id: template, customer_id: 'refused', overrides, ...more };
      const { status, body } = await api.post('/v1/licenses', order);
      expect([status, body.errors?.[0]?.pointer]).toEqual([400, pointer]);
      expect(await listed('customer_id=refused')).toEqual([]);
    });
  });

  describe('a start', () => {
    const ISSUED = '2026-01-31T10:00:00.000Z';
    const LATER = '2026-03-31T12:00:00.000Z';
    const at = (iso: string) => (now = new Date(iso));
    let monthly: string;

    beforeAll(async () => {
      at(ISSUED);
      monthly = await api.template({
        default_term: { months: 1 },
        grace_period_days: 5,
        trial_allowed: true,
        max_activations: 2,
      });
    });

    const start = (starts: string, more: Record<string, unknown> = {}, template = monthly) =>
      api.issue(template, { starts, ...more });
    const validate = async (license_key: string): Promise<Wire> =>
      (await api.post('/v1/client/validate', { license_key, fingerprint: 'd' })).body;
    const events = async (id: string): Promise<Wire[]> => {
      let all: Wire[] = [];
      await eventually(async () => {
        const rows = await app.database.query('SELECT FROM outbox WHERE license_id = $1', [id]);
        expect(rows).toEqual([]);
        all = (await api.get(`/v1/license-events?license_id=${id}`)).body.data;
      });
      return all.map(({ event_type, event_data }) => ({ type: event_type, ...event_data }));
    };
    /** The license is the same in each view. */
    const expectView = async (id: string, expected: Wire) => {
      const license = await read(id);
      expect(license).toMatchObject(expected);
      for (const status of ['PENDING', 'ACTIVE', 'EXPIRED', 'SUSPENDED', 'REVOKED']) {
        const found = (await listed(`template_id=${license.template_id}&status=${status}&limit=100`)).filter(
          ({ license_id }) => license_id === id,
        );
        expect({ status, found }).toEqual({ status, found: status === expected.status ? [license] : [] });
      }
      const expiring = (await listed(`template_id=${license.template_id}&expires_from=2000-01-01T00:00:00Z`)).some(
        ({ license_id }) => license_id === id,
      );
      expect(expiring).toBe(license.expiry_date !== null);
    };

    it('at a time is in force from that millisecond on, before the timer has recorded it', async () => {
      const { license_id: id, license_key, status, expiry_date } = await start(LATER);
      expect([status, expiry_date]).toEqual(['PENDING', null]);
      await expectView(id, { status: 'PENDING', starts_at: LATER, expiry_date: null, grace_ends_at: null });
      at('2026-03-31T11:59:59.999Z');
      expect(await validate(license_key)).toMatchObject({
        valid: false,
        code: 'NOT_STARTED',
        detail: `The license starts on ${LATER}.`,
        next: { action: 'retry', after: LATER },
        license: { status: 'PENDING', starts_at: LATER, expiry_date: null },
      });
      const refused = await api.post('/v1/client/activate', { license_key, fingerprint: 'd' });
      expect(refused.body).toMatchObject({ code: 'LICENSE_STATE', next: { action: 'retry', after: LATER } });
      await sweep();
      at(LATER);
      const started = { status: 'ACTIVE', starts_at: LATER, expiry_date: '2026-04-30T12:00:00.000Z', anchor_day: 31 };
      await expectView(id, started);
      expect((await validate(license_key)).code).toBe('NOT_ACTIVATED');
      expect((await api.post('/v1/client/activate', { license_key, fingerprint: 'd' })).status).toBe(200);
      expect((await validate(license_key)).code).toBe('VALID');
      // The timer records the start after an activation.
      at('2026-03-31T12:01:00.000Z');
      await sweep();
      await sweep();
      at('2026-05-05T12:00:00.000Z');
      await sweep();
      await expectView(id, { ...started, status: 'EXPIRED', anchor_day: 31 });
      const told = (await events(id)).filter(({ type }) => type !== 'license.activated');
      expect(told.map(({ type, due_at, before, after }) => [type, due_at, before, after])).toEqual([
        ['license.created', undefined, undefined, undefined],
        ['license.activation_refused', undefined, undefined, undefined],
        ['license.started', LATER, { status: 'PENDING' }, { status: 'ACTIVE' }],
        ['license.expired', '2026-04-30T12:00:00.000Z', { status: 'ACTIVE' }, { status: 'EXPIRED' }],
        ['license.grace_ended', '2026-05-05T12:00:00.000Z', { in_grace: true }, { in_grace: false }],
      ]);
      const asOf = async (as_of: string) =>
        (await api.post(`/v1/licenses/${id}/explain`, { fingerprint: 'd', as_of })).body;
      expect(await asOf('2026-03-31T11:00:00.000Z')).toMatchObject({ code: 'NOT_STARTED', certain: true });
      for (const time of ['2026-03-31T12:00:00.000Z', '2026-03-31T12:00:30.000Z', '2026-03-31T13:00:00.000Z'])
        expect(await asOf(time)).toMatchObject({ code: 'VALID', certain: true, license: { status: 'ACTIVE' } });
    });

    it('with the first activation begins the first term, and explains what was before', async () => {
      at(ISSUED);
      const until = '2026-06-30T00:00:00.000Z';
      const { license_id: id, license_key } = await start('AT_FIRST_ACTIVATION', { expires_if_started_by: until });
      const pending = { status: 'PENDING', starts_at: null, expiry_date: null, expires_if_started_by: until };
      await expectView(id, pending);
      expect(await validate(license_key)).toMatchObject({
        code: 'NOT_STARTED',
        detail: 'The license starts with its first activation.',
        next: { action: 'activate' },
      });
      at('2026-05-31T09:00:00.000Z');
      await sweep();
      expect((await validate(license_key)).code).toBe('NOT_STARTED');
      const heartbeat = await api.post('/v1/client/heartbeat', { license_key, fingerprint: 'd' });
      expect(heartbeat.body).toMatchObject({ code: 'LICENSE_STATE', next: { action: 'activate' } });
      expect((await api.post('/v1/client/activate', { license_key, fingerprint: 'd' })).status).toBe(200);
      const started = {
        status: 'ACTIVE',
        starts_at: '2026-05-31T09:00:00.000Z',
        expiry_date: '2026-06-30T09:00:00.000Z',
        anchor_day: 31,
        expires_if_started_by: null,
        version: 2,
      };
      await expectView(id, started);
      at('2026-06-01T09:00:00.000Z');
      await api.post('/v1/client/activate', { license_key, fingerprint: 'e' });
      expect(await read(id)).toMatchObject(started);
      expect((await events(id)).map(({ type }) => type)).toEqual([
        'license.created',
        'license.started',
        'license.activated',
        'license.activated',
      ]);
      const explained = await api.post(`/v1/licenses/${id}/explain`, {
        fingerprint: 'd',
        as_of: '2026-05-31T08:00:00.000Z',
      });
      expect(explained.body).toMatchObject({ code: 'NOT_STARTED', certain: true, license: { starts_at: null } });
    });

    it('is undone with the activation that is refused', async () => {
      at(ISSUED);
      const { license_id: id } = await start(
        'AT_FIRST_ACTIVATION',
        {},
        await api.template({ license_model: 'PER_CPU', max_activations: 2 }),
      );
      const activate = (units: number) => api.post(`/v1/licenses/${id}/activations`, { fingerprint: 'd', units });
      expect((await activate(3)).body.code).toBe('ACTIVATION_LIMIT_REACHED');
      await expectView(id, { status: 'PENDING', starts_at: null, version: 1 });
      expect((await activate(2)).status).toBe(200);
      await expectView(id, { status: 'ACTIVE', version: 2 });
    });

    it('with a license file begins the first term, with which the file ends', async () => {
      at(ISSUED);
      const { kid } = await api.create('/v1/signing-keys', {});
      await api.post(`/v1/signing-keys/${kid}/activate`, {});
      const { license_id: id } = await start('AT_FIRST_ACTIVATION');
      at('2026-02-10T10:00:00.000Z');
      const file = await api.post(`/v1/licenses/${id}/check-out`, { fingerprint: 'd', ttl_seconds: 31_536_000 });
      expect(file.body.expires_at).toBe('2026-03-10T10:00:00.000Z');
      await expectView(id, { status: 'ACTIVE', expiry_date: '2026-03-10T10:00:00.000Z', version: 2 });
    });

    it('with the first usage begins the term of a license without seats, once, and not with a refused one', async () => {
      at(ISSUED);
      const features = [{ feature_id: 'f', feature_name: 'F', limit_value: 30 }];
      const site = await api.template({ license_model: 'SITE_LICENSE', features });
      const seats = await start('AT_FIRST_ACTIVATION', {}, await api.template({ features }));
      const { license_id: id, license_key } = await start('AT_FIRST_ACTIVATION', {}, site);
      const use = (key: string, amount: number, path = 'consume', headers = {}) =>
        api.post(`/v1/client/usage/${path}`, { license_key: key, feature_id: 'f', amount }, headers);
      expect((await use(seats.license_key, 1)).body.code).toBe('LICENSE_STATE');
      expect((await use(license_key, 1, 'release')).body.code).toBe('LICENSE_STATE');
      expect((await use(license_key, 31)).body.code).toBe('USAGE_EXCEEDED');
      await expectView(id, { status: 'PENDING', version: 1 });
      const used = await Promise.all(
        Array.from({ length: 20 }, (_, n) =>
          use(license_key, 1, 'consume', n % 2 ? { 'Idempotency-Key': `use-${n}` } : {}),
        ),
      );
      expect(used.map(({ status }) => status)).toEqual(Array(20).fill(200));
      expect((await use(license_key, 10)).body.entitlement.used).toBe(30);
      await expectView(id, { status: 'ACTIVE', version: 2 });
      expect((await events(id)).map(({ type }) => type)).toEqual(['license.created', 'license.started']);
    });

    it('of a trial begins its days, and a fixed end stays', async () => {
      at(ISSUED);
      const trial = await start('AT_FIRST_ACTIVATION', { trial: true, customer_id: 'trial-later' });
      const fixed = await start('AT_FIRST_ACTIVATION', { overrides: { expiry_date: '2026-12-31T00:00:00.000Z' } });
      expect(await read(fixed.license_id)).toMatchObject({ expires_if_started_by: '2026-12-31T00:00:00.000Z' });
      at('2026-02-10T10:00:00.000Z');
      for (const { license_id } of [trial, fixed])
        await api.post(`/v1/licenses/${license_id}/activations`, { fingerprint: 'd' });
      await expectView(trial.license_id, { status: 'ACTIVE', trial: true, expiry_date: '2026-03-12T10:00:00.000Z' });
      await expectView(fixed.license_id, {
        status: 'ACTIVE',
        expiry_date: '2026-12-31T00:00:00.000Z',
        overrides: { expiry_date: '2026-12-31T00:00:00.000Z' },
      });
    });

    it('that never comes ends with the waiting, and a renewal starts the license then', async () => {
      at(ISSUED);
      const { license_id: id, license_key } = await start('AT_FIRST_ACTIVATION', { expires_if_started_by: LATER });
      at(LATER);
      await expectView(id, { status: 'EXPIRED', in_grace: false, expiry_date: LATER, expires_if_started_by: LATER });
      expect((await validate(license_key)).code).toBe('EXPIRED');
      expect((await api.post('/v1/client/activate', { license_key, fingerprint: 'd' })).body.code).toBe(
        'LICENSE_STATE',
      );
      await sweep();
      await api.post(`/v1/licenses/${id}/renew`, {});
      await expectView(id, { status: 'ACTIVE', starts_at: LATER, expiry_date: '2026-04-30T12:00:00.000Z' });
      expect((await events(id)).map(({ type, before }) => [type, before?.status])).toEqual([
        ['license.created', undefined],
        ['license.activation_refused', undefined],
        ['license.expired', 'PENDING'],
        ['license.renewed', 'EXPIRED'],
      ]);
    });

    it.each([['AT_FIRST_ACTIVATION'], [LATER]])(
      'to come (%s) allows what needs no start, refuses the rest, and survives a suspension',
      async (starts) => {
        at(ISSUED);
        const { license_id: id } = await start(starts);
        const { product_id } = await read(id);
        const post = async (action: string, body: Record<string, unknown> = {}) =>
          (await api.post(`/v1/licenses/${id}/${action}`, body)).body;
        const reason = { reason: { code: 'OTHER' } };
        const next = starts === LATER ? { action: 'retry', after: LATER } : { action: 'activate' };
        for (const action of ['renew', 'convert-trial'])
          expect(await post(action)).toMatchObject({ code: 'LICENSE_STATE', next });
        const expiry = await api.patch(`/v1/licenses/${id}`, { expiry_date: '2030-01-01T00:00:00.000Z' });
        expect(expiry.body.code).toBe('LICENSE_STATE');
        expect((await api.patch(`/v1/licenses/${id}`, { max_activations: 3 })).body.status).toBe('PENDING');
        expect(await post('transfer', { customer_id: 'new' })).toMatchObject({ status: 'PENDING', customer_id: 'new' });
        const yearly = await api.template({ default_term: { years: 1 }, product_id });
        expect(await post('change-template', { license_template_id: yearly })).toMatchObject({
          status: 'PENDING',
          expiry_date: null,
          default_term: { years: 1 },
        });
        expect(await post('suspend', reason)).toMatchObject({ status: 'SUSPENDED', expiry_date: null });
        expect((await post('renew')).code).toBe('LICENSE_STATE');
        expect((await api.post(`/v1/licenses/${id}/activations`, { fingerprint: 'd' })).body.code).toBe(
          'LICENSE_STATE',
        );
        expect(await post('reinstate')).toMatchObject({ status: 'PENDING', expiry_date: null });
        at(LATER);
        expect((await api.post(`/v1/licenses/${id}/activations`, { fingerprint: 'd' })).status).toBe(200);
        await expectView(id, { status: 'ACTIVE', starts_at: LATER, expiry_date: '2027-03-31T12:00:00.000Z' });
        await post('revoke', reason);
        await expectView(id, { status: 'REVOKED', expiry_date: '2027-03-31T12:00:00.000Z' });
      },
    );

    it.each([
      ['/starts', { starts: 'SOON' }],
      ['/starts', { starts: ISSUED }],
      ['/expires_if_started_by', { starts: LATER, expires_if_started_by: LATER }],
      ['/expires_if_started_by', { starts: 'AT_FIRST_ACTIVATION', expires_if_started_by: ISSUED }],
      ['/overrides/expiry_date', { starts: LATER, overrides: { expiry_date: LATER } }],
    ])('is refused with %s: %j', async (pointer, more) => {
      at(ISSUED);
      const { status, body } = await api.post('/v1/licenses', {
        license_template_id: monthly,
        customer_id: 'refused',
        ...more,
      });
      expect([status, body.errors?.[0]?.pointer]).toEqual([400, pointer]);
    });

    it('is previewed', async () => {
      at(ISSUED);
      const order = { license_template_id: monthly, customer_id: 'c', starts: LATER };
      const { body } = await api.post('/v1/licenses:preview', order);
      expect(body).toMatchObject({
        license: { status: 'PENDING', starts_at: LATER },
        validation: { code: 'NOT_STARTED' },
      });
    });
  });

  describe('a preview', () => {
    const TABLES = ['licenses', 'license_keys', 'license_templates', 'customers', 'outbox', 'license_event_logs'];
    const stored = async () =>
      Promise.all(TABLES.map((table) => app.database.query(`SELECT count(*)::int FROM ${table}`)));
    const preview = (body: Record<string, unknown>, resource = 'licenses') => api.post(`/v1/${resource}:preview`, body);
    /** Members that a stored license has besides, and those of each license. */
    const ONLY_STORED = ['license_id', 'license_key_last_four', 'version', 'created_at', 'updated_at'];
    const without = (license: Wire, names: readonly string[]): Wire =>
      Object.fromEntries(Object.entries(license).filter(([name]) => !names.includes(name)));

    it('is what an issue and a validation then answer, and stores nothing', async () => {
      now = new Date('2026-01-31T10:00:00.000Z');
      const template = await api.template({
        default_term: { years: 1 },
        trial_allowed: true,
        features: [{ feature_id: 'exports', feature_name: 'Exports', limit_value: 0 }],
      });
      await eventually(async () => expect(await app.database.query('SELECT FROM outbox')).toEqual([]));
      const before = await stored();
      const requests = [
        {},
        { trial: true },
        { overrides: { max_activations: 3, term: { months: 1 } }, metadata: { a: 1 }, issued_to: 'Jane' },
      ];
      for (const more of requests) {
        const order = { license_template_id: template, customer_id: 'previewed', ...more };
        const facts = { fingerprint: 'device', features: ['exports', 'none'] };
        const { body } = await preview({ ...order, validate: facts });
        expect(await stored()).toEqual(before);
        const { license_key, license_id } = await api.issue(template, order);
        expect(body.license).toEqual(without(await read(license_id), ONLY_STORED));
        const { valid, code, detail, next, reasons, entitlements } = (
          await api.post('/v1/client/validate', { license_key, ...facts })
        ).body;
        expect(body.validation).toEqual({ valid, code, detail, next, reasons, entitlements });
        expect(reasons.map((reason: Wire) => reason.code)).toEqual([
          'NOT_ACTIVATED',
          'FEATURE_MISSING',
          'USAGE_EXCEEDED',
        ]);
        await eventually(async () => expect(await app.database.query('SELECT FROM outbox')).toEqual([]));
        before.splice(0, before.length, ...(await stored()));
      }
      const again = await preview({ license_template_id: template, customer_id: 'previewed', trial: true });
      expect([again.status, again.body.code]).toEqual([409, 'TRIAL_ALREADY_USED']);
      const unknown = await preview({ license_template_id: 'unknown', customer_id: 'previewed' });
      expect([unknown.status, unknown.body.code]).toEqual([404, 'TEMPLATE_NOT_FOUND']);
    });

    it('of a template needs no customer, refuses what its creation refuses, and stores nothing', async () => {
      const template = await api.template();
      const { product_id, template_name } = (await api.get(`/v1/license-templates/${template}`)).body;
      await api.patch('/v1/settings', { customers_must_exist: true });
      await eventually(async () => expect(await app.database.query('SELECT FROM outbox')).toEqual([]));
      const before = await stored();
      const terms = {
        product_id,
        license_type: 'SUBSCRIPTION',
        license_model: 'PER_SEAT',
        default_term: { months: 2 },
      };
      const { body } = await preview(
        { template: { ...terms, template_name: 'New' }, license: { overrides: { max_activations: 4 } } },
        'license-templates',
      );
      expect(body.license).toMatchObject({
        product_name: 'License for New',
        product_display_name: 'Product',
        max_activations: 4,
        expiry_date: '2026-03-31T10:00:00.000Z',
      });
      expect(body.validation.code).toBe('FINGERPRINT_REQUIRED');
      const refusals = [
        [{ template: { ...terms, template_name } }, 'TEMPLATE_NAME_TAKEN'],
        [{ template: { ...terms, template_name: 'New', product_id: 'none' } }, 'PRODUCT_NOT_FOUND'],
        [{ template: { ...terms, template_name: 'New' }, license: { trial: true } }, 'TRIAL_NOT_ALLOWED'],
        [{ template: { ...terms, template_name: 'New' }, license: { customer_id: 'none' } }, 'CUSTOMER_NOT_FOUND'],
        [{ template: { ...terms, template_name: 'New', license_type: 'PERPETUAL' } }, 'VALIDATION_FAILED'],
      ] as const;
      for (const [request, code] of refusals)
        expect((await preview(request, 'license-templates')).body.code).toBe(code);
      expect(await stored()).toEqual(before);
      await api.patch('/v1/settings', { customers_must_exist: false });
    });
  });
});
