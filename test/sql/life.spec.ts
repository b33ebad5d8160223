import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Clock } from '../../src/shared/time/clock.js';
import { unique, type Api, type Wire } from '../support/api.js';
import { TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';

const START = Date.parse('2026-01-31T12:00:00.000Z');
const day = (days: number) => new Date(START + days * 86_400_000);
const REASON = { code: 'CUSTOMER_REQUEST', text: 'Ticket 4711 of Ada' };

describe('the life of a license', () => {
  let app: TestApp;
  let api: Api;
  let now = day(0);

  beforeAll(async () => {
    app = await TestApp.start({
      override: (builder) => builder.overrideProvider(Clock).useValue({ now: () => now }),
    });
    api = await app.tenant();
  });

  afterAll(() => app.stop());

  const license = async (terms = {}, order = {}): Promise<Wire> => {
    now = day(0);
    const { license_id } = await api.issue(await api.template({ default_duration: 30, ...terms }), order);
    return (await api.get(`/v1/licenses/${license_id}`)).body;
  };
  const act = (id: string, action: string, body: Wire = {}, headers = {}) =>
    api.post(`/v1/licenses/${id}/${action}`, body, headers);
  const read = async (id: string): Promise<Wire> => (await api.get(`/v1/licenses/${id}`)).body;
  const eventsOf = async (id: string): Promise<Wire[]> =>
    (await api.get(`/v1/license-events?license_id=${id}`)).body.data;

  it('leaves every action in the log, with who, why, before and after, and the words of it where they can be erased', async () => {
    const { license_id, template_id } = await license({ trial_allowed: true }, { trial: true, issued_to: 'Ada' });
    const { product_id } = await read(license_id);
    const other = await api.create('/v1/license-templates', {
      template_name: unique(),
      product_id,
      license_type: 'SUBSCRIPTION',
      license_model: 'PER_SEAT',
      max_activations: 9,
    });
    await api.create('/v1/customers', { customer_id: 'next', first_name: 'Grace' });
    const steps: [string, Wire, string, Wire, Wire][] = [
      ['convert-trial', {}, 'trial_converted', { trial: true }, { trial: false }],
      [
        'renew',
        { months: 1 },
        'renewed',
        { expiry_date: day(30).toISOString() },
        { expiry_date: '2026-04-02T12:00:00.000Z' },
      ],
      ['suspend', {}, 'suspended', { status: 'ACTIVE' }, { status: 'SUSPENDED' }],
      ['reinstate', {}, 'reinstated', { status: 'SUSPENDED' }, { status: 'ACTIVE' }],
      [
        'transfer',
        { customer_id: 'next' },
        'transferred',
        { customer_id: 'customer-1', issued_to: 'Ada' },
        { customer_id: 'next', issued_to: 'Grace' },
      ],
      [
        'change-template',
        { license_template_id: other.template_id },
        'template_changed',
        { template_id },
        { max_activations: 9 },
      ],
      ['', { metadata: { a: 1 } }, 'updated', { metadata: {} }, { metadata: { a: 1 } }],
      ['revoke', {}, 'revoked', { status: 'ACTIVE' }, { status: 'REVOKED' }],
    ];
    for (const [at, [action, body]] of steps.entries()) {
      const request = { ...body, reason: REASON };
      const answer =
        action === '' ? await api.patch(`/v1/licenses/${license_id}`, request) : await act(license_id, action, request);
      expect({ action, status: answer.status }).toEqual({ action, status: 200 });
      const { replaced, ...rest } = answer.body;
      expect(replaced).toEqual(action === 'change-template' ? {} : undefined);
      expect(rest).toEqual(await read(license_id));
      expect(answer.body.version).toBe(at + 2);
      expect(answer.headers.etag).toBe(`"${at + 2}"`);
    }
    const events = await eventually(async () => {
      const recorded = await eventsOf(license_id);
      expect(recorded).toHaveLength(steps.length + 1);
      return recorded.slice(1);
    });
    for (const [at, [, , type, before, after]] of steps.entries()) {
      expect(events[at]).toMatchObject({
        event_type: `license.${type}`,
        actor: { type: 'api_key', via: 'rest' },
        event_data: { product_id, reason: REASON, before, after },
      });
      expect(Object.keys(events[at].event_data.before as object)).toEqual(
        Object.keys(events[at].event_data.after as object),
      );
    }
    const kept = await app.database.query<{ row: string }>(
      `SELECT event_data::text AS row FROM license_event_logs WHERE license_id = $1`,
      [license_id],
    );
    for (const { row } of kept) expect(row).not.toMatch(/4711|Ada|Grace/);
  });

  it.each([
    ['suspend', 'SUSPENDED', { reason: REASON }],
    ['revoke', 'REVOKED', { reason: REASON }],
  ])('takes nothing away without a reason: %s', async (action, status, body) => {
    const { license_id } = await license();
    expect((await act(license_id, action)).status).toBe(400);
    expect((await act(license_id, action, { reason: { code: 'BECAUSE' } })).status).toBe(400);
    expect((await act(license_id, action, { reason: { ...REASON, text: 'x'.repeat(501) } })).status).toBe(400);
    expect((await act(license_id, action, body)).body.status).toBe(status);
  });

  it('refuses by name what the state does not allow, and changes nothing', async () => {
    const { license_id } = await license();
    await act(license_id, 'revoke', { reason: REASON });
    const revoked = await read(license_id);
    const refused = [
      await act(license_id, 'renew'),
      await act(license_id, 'suspend', { reason: REASON }),
      await act(license_id, 'reinstate'),
      await act(license_id, 'revoke', { reason: REASON }),
      await act(license_id, 'convert-trial'),
      await act(license_id, 'transfer', { customer_id: 'x' }),
      await act(license_id, 'change-template', { license_template_id: revoked.template_id }),
      await api.patch(`/v1/licenses/${license_id}`, { issued_to: 'x' }),
    ];
    for (const { status, body } of refused) {
      expect({ status, code: body.code }).toEqual({ status: 409, code: 'LICENSE_STATE' });
      expect(body.detail).toContain('is REVOKED.');
    }
    expect(refused[0]?.body.detail).toContain('Action "renew" is not allowed');
    expect(await read(license_id)).toEqual(revoked);
    expect((await api.get('/v1/licenses?status=REVOKED')).body.data).toContainEqual(revoked);
  });

  it('lets nobody write the status, the key, the product or the dates of issue', async () => {
    const { license_id } = await license();
    for (const field of ['status', 'license_key', 'product_id', 'issued_date', 'version', 'customer_id', 'trial']) {
      expect((await api.patch(`/v1/licenses/${license_id}`, { [field]: 'ACTIVE' })).status).toBe(400);
    }
  });

  it.each([
    [{ months: 0 }, '/months'],
    [{ months: -1 }, '/months'],
    [{ months: 1201 }, '/months'],
    [{ days: 0 }, '/days'],
    [{ days: 1.5 }, '/days'],
    [{ days: 2 ** 31 }, '/days'],
    [{ days: 2 ** 32 }, '/days'],
    [{ months: 1, days: 1 }, ''],
    [{ years: 1 }, '/years'],
  ])('is not renewed by %j', async (term, pointer) => {
    const { license_id } = await license();
    expect(await act(license_id, 'renew', term)).toMatchObject({ status: 400, body: { errors: [{ pointer }] } });
  });

  it('is not renewed where it never ends, nor past the year 9999', async () => {
    const perpetual = await license({ license_type: 'PERPETUAL', default_duration: null });
    expect((await act(perpetual.license_id, 'renew', { months: 1 })).body.code).toBe('LICENSE_NEVER_EXPIRES');
    const { license_id } = await license();
    const correct = (expiry_date: string) => api.patch(`/v1/licenses/${license_id}`, { expiry_date });
    expect((await correct('9999-12-31T23:59:59.999Z')).body.code).toBe('EXPIRY_TOO_FAR');
    expect((await correct('9999-12-01T23:59:59.999Z')).status).toBe(200);
    expect(await act(license_id, 'renew', { days: 1 })).toMatchObject({
      status: 409,
      body: { code: 'EXPIRY_TOO_FAR' },
    });
  });

  it('goes on from now when it is renewed after its grace', async () => {
    const { license_id } = await license({ grace_period_days: 5 });
    now = day(400);
    expect(await read(license_id)).toMatchObject({ status: 'EXPIRED', in_grace: false });
    const renewed = (await act(license_id, 'renew')).body;
    expect(renewed).toMatchObject({ status: 'ACTIVE', expiry_date: day(430).toISOString() });
  });

  it('changes hands whole: key, term and history', async () => {
    const { license_id, expiry_date } = await license();
    const key = (await act(license_id, 'reveal-key')).body.license_key;
    const moved = (await act(license_id, 'transfer', { customer_id: 4711 })).body;
    expect(moved).toMatchObject({ customer_id: '4711', issued_to: 'Customer 4711', expiry_date });
    expect((await act(license_id, 'reveal-key')).body.license_key).toBe(key);
    expect((await api.get('/v1/licenses?customer_id=4711')).body.data).toHaveLength(1);
    const again = await act(license_id, 'transfer', { customer_id: 4711 });
    expect([again.status, again.body.version]).toEqual([200, moved.version]);
  });

  it('takes the terms of templates that are there, active and of its product', async () => {
    const { license_id, product_id } = await license();
    const change = async (id: string) =>
      (await act(license_id, 'change-template', { license_template_id: id })).body.code;
    expect(await change('nobodys')).toBe('TEMPLATE_NOT_FOUND');
    const other = await app.tenant();
    expect(await change(await other.template({ template_id: unique() }))).toBe('TEMPLATE_NOT_FOUND');
    expect(await change(await api.template())).toBe('TEMPLATE_PRODUCT_MISMATCH');
    const { template_id } = await api.create('/v1/license-templates', {
      template_name: unique(),
      product_id,
      license_type: 'PERPETUAL',
      license_model: 'SITE_LICENSE',
    });
    await api.patch(`/v1/license-templates/${template_id}`, { active: false });
    expect(await change(template_id as string)).toBe('TEMPLATE_INACTIVE');
    await api.patch(`/v1/license-templates/${template_id}`, { active: true });
    const key = (await act(license_id, 'reveal-key')).body.license_key;
    const once = () =>
      api.post(
        `/v1/licenses/${license_id}/change-template`,
        { license_template_id: template_id },
        { 'Idempotency-Key': 'to-site' },
      );
    const [changed, again] = await Promise.all([once(), once()]);
    expect(changed.status).toBe(200);
    expect(again.body).toEqual(changed.body);
    expect(await read(license_id)).toMatchObject({ template_id, license_model: 'SITE_LICENSE', expiry_date: null });
    expect((await act(license_id, 'reveal-key')).body.license_key).toBe(key);
  });

  it('says which edits a template replaced, in the answer, again to the same key, and in the event', async () => {
    const { license_id, template_id } = await license({ max_activations: 5 });
    const edit = { max_activations: 50, grace_period_days: 90, auto_renewal_enabled: true };
    expect((await api.patch(`/v1/licenses/${license_id}`, edit)).body).not.toHaveProperty('replaced');
    const key = { 'Idempotency-Key': `replace-${license_id}` };
    const change = () => act(license_id, 'change-template', { license_template_id: template_id }, key);
    const replaced = {
      max_activations: { before: 50, after: 5 },
      grace_period_days: { before: 90, after: 30 },
      auto_renewal_enabled: { before: true, after: false },
    };
    expect((await change()).body).toMatchObject({ max_activations: 5, replaced });
    expect((await change()).body.replaced).toEqual(replaced);
    expect(await read(license_id)).not.toHaveProperty('replaced');
    await eventually(async () => {
      const changed = (await eventsOf(license_id)).filter(
        ({ event_type }) => event_type === 'license.template_changed',
      );
      expect(changed.map(({ event_data }) => event_data.replaced)).toEqual([replaced]);
    });
  });

  it('counts two renewals at once both, and one that is sent again once', async () => {
    const { license_id } = await license();
    const key = { 'Idempotency-Key': `renew-${license_id}` };
    const answers = await Promise.all([
      ...Array.from({ length: 10 }, () => act(license_id, 'renew', { days: 1 })),
      ...Array.from({ length: 5 }, () => act(license_id, 'renew', { days: 100 }, key)),
    ]);
    expect(answers.map(({ status }) => status)).toEqual(Array(15).fill(200));
    expect(answers.filter(({ headers }) => headers['idempotency-replayed'] === 'true')).toHaveLength(4);
    const { expiry_date, version } = await read(license_id);
    expect([expiry_date, version]).toEqual([day(30 + 10 + 100).toISOString(), 12]);
    await eventually(async () => {
      expect((await eventsOf(license_id)).filter(({ event_type }) => event_type === 'license.renewed')).toHaveLength(
        11,
      );
    });
    expect((await act(license_id, 'renew', { days: 99 }, key)).status).toBe(422);
  });

  it('is changed at the version that was meant', async () => {
    const { license_id } = await license();
    const stale = { 'If-Match': '"1"' };
    expect((await act(license_id, 'renew', {}, stale)).status).toBe(200);
    expect(await act(license_id, 'suspend', { reason: REASON }, stale)).toMatchObject({
      status: 412,
      body: { code: 'PRECONDITION_FAILED' },
    });
    expect((await read(license_id)).status).toBe('ACTIVE');
  });
});
