import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CommandBus } from '@nestjs/cqrs';
import { ApproveOrderCommand, FulfilOrderCommand } from '../../src/orders/index.js';
import { AutomaticFulfilmentTimer } from '../../src/orders/automatic-fulfilment-timer.js';
import { UnitOfWork } from '../../src/shared/persistence/unit-of-work.js';
import { withClient } from '../../src/database/with-client.js';
import { eraseCustomer } from '../../src/maintenance/index.js';
import { QuoteTimer } from '../../src/orders/quotes/quote-timer.js';
import { Actor } from '../../src/shared/access/actor.js';
import { unique, type Api, type Wire } from '../support/api.js';
import { startAtRest, type Time } from '../support/at-rest.js';
import type { TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { everythingStored, traces } from '../support/everything-stored.js';

const DAY_MS = 24 * 60 * 60 * 1000;
const REASON = { code: 'CUSTOMER_REQUEST', text: 'Ticket 4711' };

describe('orders and quotes', () => {
  let app: TestApp;
  let time: Time;
  let api: Api;
  const template = 'small';
  const other = 'large';

  beforeAll(async () => {
    ({ app, time } = await startAtRest());
    api = await app.tenant();
    const { product_id } = await api.create('/v1/products', { product_id: 'p', name: 'P' });
    const terms = { product_id, license_type: 'SUBSCRIPTION', license_model: 'PER_SEAT', default_duration: 30 };
    await api.create('/v1/license-templates', { template_id: template, template_name: 'Small', ...terms });
    await api.create('/v1/license-templates', { template_id: other, template_name: 'Large', ...terms });
  });

  afterAll(() => app.stop());

  const issue = (quantity = 1, unit_price = 1_000, more = {}) => ({
    kind: 'ISSUE',
    license_template_id: template,
    quantity,
    unit_price,
    ...more,
  });
  const sale = (...lines: object[]) => ({ customer_id: 'customer-1', currency: 'EUR', lines });
  const create = (...lines: object[]): Promise<Wire> => api.create('/v1/orders', sale(...lines));
  const act = (order: Wire, action: string, body: Record<string, unknown> = {}, caller = api) =>
    caller.post(`/v1/orders/${order.order_id}/${action}`, body);
  const done = async (order: Wire, action: string, body: Record<string, unknown> = {}): Promise<Wire> => {
    const response = await act(order, action, body);
    expect({ action, status: response.status, text: response.text }).toMatchObject({ action, status: 200 });
    return response.body;
  };
  const codeOf = async (order: Wire, action: string, body: Record<string, unknown> = {}): Promise<unknown> =>
    (await act(order, action, body)).body.code;
  const approved = async (...lines: object[]): Promise<Wire> => done(await create(...lines), 'approve');
  const licensesOf = async (order: Wire): Promise<Wire[]> =>
    (await api.get(`/v1/licenses?order_id=${order.order_id}&limit=100`)).body.data;
  const statusesOf = async (order: Wire) => (await licensesOf(order)).map(({ status }) => status as string);
  const eventsOf = (resource: 'order' | 'quote' | 'license', id: string) =>
    eventually(async () => {
      // An event leaves the outbox as it enters the log, so that the log is read after the outbox.
      expect(await app.database.query('SELECT 1 FROM outbox WHERE resource_id = $1', [id])).toEqual([]);
      return app.database.query<Wire>(
        `SELECT event_type, event_data, personal, metadata, resource_seq::int AS seq FROM license_event_logs
         WHERE tenant_id = $1 AND resource_type = $2 AND resource_id = $3 ORDER BY seq`,
        [api.tenantId, resource, id],
      );
    });

  describe('an order', () => {
    it('is added up by the server, in integers, and has an id of the caller that is unique', async () => {
      const body = { ...sale(issue(3, 333), issue(1, 1)), external_id: 4711 };
      const made = await api.post('/v1/orders', body);
      expect(made.status).toBe(201);
      expect(made.headers.location).toBe(`/v1/orders/${made.body.order_id}`);
      expect(made.headers.etag).toBe('"1"');
      expect(made.body).toMatchObject({
        external_id: '4711',
        status: 'PENDING',
        payment_status: 'PENDING',
        total_amount: 1_000,
        paid_amount: 0,
        lines: [
          { line: 1, quantity: 3, unit_price: 333, amount: 999, license_ids: [], fulfilled_quantity: 0 },
          { line: 2, amount: 1 },
        ],
      });
      expect((await api.get(`/v1/orders/${made.body.order_id}`)).body).toEqual(made.body);
      const { lines, ...summary } = made.body;
      expect(lines).toHaveLength(2);
      expect((await api.get('/v1/orders?external_id=4711')).body.data).toEqual([summary]);
      expect((await api.post('/v1/orders', body)).body.code).toBe('ORDER_EXISTS');
      expect(await eventsOf('order', made.body.order_id as string)).toMatchObject([
        { event_type: 'order.created', seq: 1, metadata: { operation: 'orders.create' } },
      ]);
    });

    it('is exact up to 2^53 - 1 and refused beyond, whichever lines add up to it', async () => {
      const most = Number.MAX_SAFE_INTEGER;
      const exact = await create(issue(1, most - 7), issue(7, 1));
      expect(exact.total_amount).toBe(most);
      expect((await api.get(`/v1/orders/${exact.order_id}`)).body).toMatchObject({
        total_amount: most,
        lines: [{ amount: most - 7 }, { amount: 7 }],
      });
      const paid = await done(exact, 'record-payment', { amount: most - 1 });
      expect(paid).toMatchObject({ payment_status: 'PARTIAL', paid_amount: most - 1 });
      for (const lines of [[issue(1, most), issue(1, 1)], [issue(10_000, most)]]) {
        const { status, body } = await api.post('/v1/orders', sale(...lines));
        expect({ status, errors: body.errors }).toEqual({
          status: 400,
          errors: [{ pointer: '/lines', detail: `must add up to at most ${most}` }],
        });
      }
    });

    it.each([
      ['/currency', { currency: 'EURO' }],
      ['/currency', { currency: 'eur' }],
      ['/currency', { currency: 'XQZ' }],
      ['/lines', { lines: [] }],
      ['/lines/0/unit_price', { lines: [issue(1, -1)] }],
      ['/lines/0/unit_price', { lines: [issue(1, 0.5)] }],
      ['/lines/0/quantity', { lines: [issue(0)] }],
      ['/lines', { lines: [issue(10_000), issue(1)] }],
      ['/lines/0/kind', { lines: [{ ...issue(), kind: 'GIVE' }] }],
      ['/lines/0/license_id', { lines: [{ ...issue(), license_id: '019a5f3e-7c4b-7d21-9a53-0e6f1c2b3d4e' }] }],
      ['/lines/0', { lines: [issue(1, 1, { expires_if_started_by: '2999-01-01T00:00:00Z' })] }],
      ['/lines/0/overrides/metadata', { lines: [issue(1, 1, { overrides: { metadata: {} } })] }],
      ['/total_amount', { total_amount: 1 }],
    ])('names %s of a request that is not valid', async (pointer, more) => {
      const { status, body } = await api.post('/v1/orders', { ...sale(issue()), ...more });
      expect({ status, pointers: body.errors.map((error: Wire) => error.pointer as string) }).toEqual({
        status: 400,
        pointers: [pointer],
      });
    });

    it('names no template and no license that the tenant does not have', async () => {
      const foreign = await app.tenant();
      const theirs = await foreign.issue(await foreign.template({ template_id: 'theirs' }));
      const renew = { kind: 'RENEW', license_id: theirs.license_id as string, unit_price: 1 };
      expect((await api.post('/v1/orders', sale(issue(1, 1, { license_template_id: 'theirs' })))).body.code).toBe(
        'TEMPLATE_NOT_FOUND',
      );
      expect((await api.post('/v1/orders', sale(renew))).body.code).toBe('LICENSE_NOT_FOUND');
      const own = await create(issue());
      expect((await api.patch(`/v1/orders/${own.order_id}`, { lines: [renew] })).body.code).toBe('LICENSE_NOT_FOUND');
    });

    it('has no line with a term or an end that licenses of its template can never have, when made and when changed', async () => {
      const terms = { product_id: 'p', license_model: 'PER_SEAT' };
      for (const license_type of ['TRIAL', 'PERPETUAL'])
        await api.create('/v1/license-templates', {
          template_id: license_type,
          template_name: license_type,
          license_type,
          ...terms,
        });
      const order = await create(issue());
      const offer = { ...sale(issue()), valid_until: '2999-01-01T00:00:00Z' };
      const quote = await api.create('/v1/quotes', offer);
      for (const [license_template_id, overrides, member] of [
        ['TRIAL', { term: { months: 1 } }, 'term'],
        ['TRIAL', { expiry_date: null }, 'expiry_date'],
        ['PERPETUAL', { term: { days: 1 } }, 'term'],
        ['PERPETUAL', { expiry_date: '2999-01-01T00:00:00Z' }, 'expiry_date'],
      ] as const) {
        const lines = [issue(), issue(1, 1, { license_template_id, overrides })];
        for (const answer of [
          await api.post('/v1/orders', sale(...lines)),
          await api.patch(`/v1/orders/${order.order_id}`, { lines }),
          await api.post('/v1/quotes', { ...offer, lines }),
          await api.patch(`/v1/quotes/${quote.quote_id}`, { lines }),
        ])
          expect(answer).toMatchObject({
            status: 400,
            body: { code: 'VALIDATION_FAILED', errors: [{ pointer: `/lines/1/overrides/${member}` }] },
          });
      }
      expect((await api.get(`/v1/orders/${order.order_id}`)).body).toEqual(order);
      const ending = { license_template_id: 'TRIAL', overrides: { expiry_date: '2999-01-01T00:00:00Z' } };
      const [free, ended] = [
        issue(1, 1, { license_template_id: 'PERPETUAL', overrides: { expiry_date: null } }),
        ending,
      ];
      expect((await api.post('/v1/orders', sale(free, issue(1, 1, ended)))).status).toBe(201);
    });

    it('takes other lines until something was paid, and other metadata always; If-Match guards both', async () => {
      const order = await create(issue(2), issue(1));
      const path = `/v1/orders/${order.order_id}`;
      const changed = await api.patch(path, { lines: [issue(5, 7)], currency: 'USD' }, { 'If-Match': '"1"' });
      expect(changed.body).toMatchObject({ version: 2, currency: 'USD', total_amount: 35, lines: [{ quantity: 5 }] });
      expect(changed.body.lines).toHaveLength(1);
      expect((await api.patch(path, { metadata: { a: 1 } }, { 'If-Match': '"1"' })).status).toBe(412);
      await done(order, 'record-payment', { amount: 1 });
      expect((await api.patch(path, { lines: [issue()] })).body.code).toBe('ORDER_STATE');
      expect((await api.patch(path, { customer_id: 'x' })).body.code).toBe('ORDER_STATE');
      const last = await api.patch(path, { metadata: { a: 1 } });
      expect(last.body).toMatchObject({ version: 4, metadata: { a: 1 }, total_amount: 35 });
      expect((await api.get(path)).body).toEqual(last.body);
    });
  });

  describe('a payment', () => {
    it('counts once for its idempotency key, and never beyond what is due', async () => {
      const order = await create(issue(2, 500));
      const path = `/v1/orders/${order.order_id}/record-payment`;
      const pay = () => api.post(path, { amount: 400, reference: 'tx-1' }, { 'Idempotency-Key': `pay-${unique()}` });
      const key = { 'Idempotency-Key': `pay-${unique()}` };
      const first = await api.post(path, { amount: 400 }, key);
      expect((await api.post(path, { amount: 400 }, key)).body).toEqual(first.body);
      expect(first.body).toMatchObject({ paid_amount: 400, payment_status: 'PARTIAL' });
      const raced = await Promise.all([pay(), pay(), pay()]);
      expect(raced.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
      expect(raced.find(({ status }) => status === 409)?.body.code).toBe('PAYMENT_TOO_HIGH');
      expect(await codeOf(order, 'record-payment', { amount: 201 })).toBe('PAYMENT_TOO_HIGH');
      expect(await done(order, 'record-payment')).toMatchObject({ paid_amount: 1_000, payment_status: 'PAID' });
      expect(await codeOf(order, 'record-payment')).toBe('ORDER_STATE');
    });

    it('that failed is shown until one is received', async () => {
      const order = await create(issue());
      expect(await done(order, 'record-payment', { outcome: 'FAILED' })).toMatchObject({ payment_status: 'FAILED' });
      expect((await act(order, 'record-payment', { outcome: 'FAILED', amount: 1 })).status).toBe(400);
      expect(await done(order, 'record-payment', { amount: 1 })).toMatchObject({ payment_status: 'PARTIAL' });
      expect(await done(order, 'record-payment', { outcome: 'FAILED' })).toMatchObject({ payment_status: 'PARTIAL' });
      expect(await done(order, 'record-payment')).toMatchObject({ payment_status: 'PAID' });
    });

    it('is not needed for an order that costs nothing', async () => {
      expect(await create(issue(2, 0))).toMatchObject({ total_amount: 0, payment_status: 'PAID' });
    });
  });

  describe('fulfilment', () => {
    it('waits for the approval by default, whatever was paid', async () => {
      const order = await create(issue());
      expect(await codeOf(order, 'fulfil')).toBe('ORDER_NOT_DUE');
      await done(order, 'record-payment');
      expect(await codeOf(order, 'fulfil')).toBe('ORDER_NOT_DUE');
      expect(await licensesOf(order)).toEqual([]);
      await done(order, 'approve');
      expect(await done(order, 'fulfil')).toMatchObject({ status: 'FULFILLED' });
    });

    it('waits for the payment in full if the tenant says so; a part of it is never enough', async () => {
      const tenant = await app.tenant();
      const id = await tenant.template();
      const setting = { order_fulfilment_after: 'PAYMENT' };
      expect((await tenant.patch('/v1/settings', setting)).body).toMatchObject(setting);
      const lines = [issue(2, 50, { license_template_id: id })];
      const order = await tenant.create('/v1/orders', sale(...lines));
      const outcome = async (action: string, body = {}) => {
        const response = await act(order, action, body, tenant);
        return (response.body.code ?? response.body.status) as string;
      };
      expect(await outcome('approve')).toBe('APPROVED');
      expect(await outcome('fulfil')).toBe('ORDER_NOT_DUE');
      await outcome('record-payment', { amount: 99 });
      expect(await outcome('fulfil')).toBe('ORDER_NOT_DUE');
      await outcome('record-payment', { outcome: 'FAILED' });
      expect(await outcome('fulfil')).toBe('ORDER_NOT_DUE');
      await outcome('record-payment', { amount: 1 });
      expect(await outcome('fulfil')).toBe('FULFILLED');
      const unapproved = await tenant.create('/v1/orders', sale(...lines));
      await act(unapproved, 'record-payment', {}, tenant);
      expect((await act(unapproved, 'fulfil', {}, tenant)).body.status).toBe('FULFILLED');
    });

    it('issues, renews and changes what the lines say, and each license knows its order', async () => {
      const { license_id } = await api.issue(template, { customer_id: 'customer-1' });
      const before = (await api.get(`/v1/licenses/${license_id}`)).body;
      const order = await approved(
        issue(2),
        { kind: 'CHANGE_TEMPLATE', license_id, license_template_id: other, unit_price: 5 },
        { kind: 'RENEW', license_id, days: 10, unit_price: 5 },
        issue(1, 0, { license_template_id: other }),
      );
      const fulfilled = await done(order, 'fulfil');
      expect(fulfilled).toMatchObject({ status: 'FULFILLED', version: 3 });
      expect(fulfilled.lines.map((line: Wire) => [line.fulfilled_quantity, line.license_ids.length])).toEqual([
        [2, 2],
        [1, 0],
        [1, 0],
        [1, 1],
      ]);
      const issued = await licensesOf(order);
      expect(issued.map((license) => license.license_id as string).sort()).toEqual(
        fulfilled.lines.flatMap((line: Wire) => line.license_ids as string[]).sort(),
      );
      for (const license of issued)
        expect(license).toMatchObject({ order_id: order.order_id, customer_id: 'customer-1' });
      expect(issued.filter((license) => license.template_id === other)).toHaveLength(1);
      const after = (await api.get(`/v1/licenses/${license_id}`)).body;
      expect(after).toMatchObject({ template_id: other, order_id: null });
      expect(Date.parse(after.expiry_date as string) - Date.parse(before.expiry_date as string)).toBe(10 * DAY_MS);
      const events = await eventsOf('order', order.order_id as string);
      expect(events.map(({ event_type, seq }) => [event_type, seq])).toEqual([
        ['order.created', 1],
        ['order.approved', 2],
        ['order.fulfilled', 3],
      ]);
      await eventsOf('license', issued[0]?.license_id as string);
      const [created] = await app.database.query<Wire>(
        `SELECT metadata, event_data FROM license_event_logs WHERE event_type = 'license.created' AND license_id = $1`,
        [issued[0]?.license_id],
      );
      expect(created).toMatchObject({
        metadata: { operation: 'orders.fulfil' },
        event_data: { order_id: order.order_id },
      });
    });

    it('issues with the start and the overrides of a line, also of one that was a quote', async () => {
      const before = time.now;
      const at = (days: number) => new Date(before + days * DAY_MS).toISOString();
      const waiting = { starts: 'AT_FIRST_ACTIVATION', expires_if_started_by: at(90) };
      const overrides = { max_activations: 9, term: { years: 2 } };
      const quoted = sale(issue(2, 1, { ...waiting, overrides }), issue(1, 1, { starts: at(1) }), issue());
      const { quote_id } = await api.create('/v1/quotes', { ...quoted, valid_until: at(9) });
      await api.post(`/v1/quotes/${quote_id}/send`);
      const { order_id } = (await api.post(`/v1/quotes/${quote_id}/accept`)).body;
      const order = (await api.get(`/v1/orders/${order_id}`)).body;
      const nothing = { starts: null, expires_if_started_by: null, overrides: null };
      expect(order.lines).toMatchObject([{ ...waiting, overrides }, { ...nothing, starts: at(1) }, nothing]);
      await done(order, 'approve');
      time.now += 2 * DAY_MS;
      try {
        const { lines } = await done(order, 'fulfil');
        const licenses = await licensesOf(order);
        const issued = (line: number) =>
          licenses.filter(({ license_id }) => lines[line].license_ids.includes(license_id));
        const pending = { status: 'PENDING', starts_at: null, expiry_date: null, max_activations: 9, overrides };
        expect(issued(0)).toMatchObject([pending, pending]);
        // Its start has passed meanwhile, so that it starts with the issue.
        expect(issued(1)).toMatchObject([{ status: 'ACTIVE', issued_date: at(2), starts_at: at(2), overrides: {} }]);
        expect(issued(2)).toMatchObject([{ status: 'ACTIVE', overrides: {} }]);
      } finally {
        time.now = before;
      }
    });

    it('takes times of a line that have passed in the future or not at all, once it is paid and approved, and nothing else', async () => {
      const before = time.now;
      const at = (days: number) => new Date(before + days * DAY_MS).toISOString();
      const sold = [
        issue(1, 5, { starts: 'AT_FIRST_ACTIVATION', expires_if_started_by: at(1), overrides: { max_activations: 9 } }),
        issue(1, 5, { starts: at(1), overrides: { expiry_date: at(2), max_activations: 9 } }),
        issue(1, 5, { starts: at(1) }),
        issue(1, 5, { overrides: { expiry_date: at(20) } }),
      ];
      const line = (number: number, more: object) => ({ ...sold[number], ...more });
      for (const contrary of [{ starts: at(2) }, { starts: 'AT_FIRST_ACTIVATION', expires_if_started_by: at(3) }])
        expect((await api.post('/v1/orders', sale(line(1, contrary)))).status).toBe(400);
      const order = await approved(...sold);
      const path = `/v1/orders/${order.order_id}`;
      await done(order, 'record-payment');
      const refused = async (lines: object[], more: object = {}) => {
        const { status, body } = await api.patch(path, { lines, ...more });
        expect({ status, code: body.code }).toEqual({ status: 409, code: 'ORDER_STATE' });
      };
      const laterStart = line(0, { expires_if_started_by: at(9) });
      const laterEnd = line(1, { overrides: { expiry_date: at(9), max_activations: 9 } });
      await refused([laterStart, laterEnd, sold[2]!, sold[3]!]);
      time.now += 3 * DAY_MS;
      try {
        const late = await act(order, 'fulfil');
        expect(late.body).toMatchObject({ line: 1, line_code: 'VALIDATION_FAILED' });
        expect(late.body.detail).toContain('/expires_if_started_by must be in the future');
        for (const wrong of [
          [line(0, { expires_if_started_by: at(2) }), laterEnd, sold[2], sold[3]],
          [line(0, { starts: 'AT_ISSUE', expires_if_started_by: undefined }), laterEnd, sold[2], sold[3]],
          [line(0, { overrides: { max_activations: 10 }, expires_if_started_by: at(9) }), laterEnd, sold[2], sold[3]],
          [laterStart, line(1, { overrides: { expiry_date: null, max_activations: 9 } }), sold[2], sold[3]],
          [laterStart, laterEnd, line(2, { starts: 'AT_FIRST_ACTIVATION' }), sold[3]],
          [laterStart, laterEnd, line(2, { quantity: 2 }), sold[3]],
          [laterStart, laterEnd, sold[2], line(3, { overrides: { expiry_date: at(30) } })],
          [laterStart, laterEnd, sold[2], sold[3], sold[3]],
          [laterStart, laterEnd, sold[2]],
        ] as object[][])
          await refused(wrong);
        await refused([laterStart, laterEnd, sold[2]!, sold[3]!], { currency: 'EUR' });
        expect((await api.get(path)).body).toMatchObject({ version: 3, lines: order.lines });
        const corrected = await api.patch(path, { lines: [laterStart, laterEnd, sold[2], sold[3]] });
        expect(corrected.body).toMatchObject({
          version: 4,
          status: 'APPROVED',
          payment_status: 'PAID',
          total_amount: 20,
        });
        await refused([laterStart, laterEnd, line(2, { starts: at(2) }), sold[3]!]);
        const { lines } = await done(order, 'fulfil');
        const issued = await Promise.all(
          (lines as Wire[]).map(async ({ license_ids }) => (await api.get(`/v1/licenses/${license_ids[0]}`)).body),
        );
        expect(issued).toMatchObject([
          { status: 'PENDING', expires_if_started_by: at(9), max_activations: 9 },
          { status: 'ACTIVE', expiry_date: at(9), max_activations: 9 },
          { status: 'ACTIVE', starts_at: at(3) },
          { status: 'ACTIVE', expiry_date: at(20) },
        ]);
        await refused([sold[0]!, laterEnd, sold[2]!, sold[3]!]);
        const events = await eventsOf('order', order.order_id as string);
        expect(events.map(({ event_type }) => event_type as string)).toEqual(
          ['created', 'approved', 'payment_recorded', 'updated', 'fulfilled'].map((name) => `order.${name}`),
        );
      } finally {
        time.now = before;
      }
    });

    it('needs an approval, which is refused once an end of a line has passed, until that is corrected', async () => {
      const before = time.now;
      const at = (days: number) => new Date(before + days * DAY_MS).toISOString();
      const ended = issue(1, 5, { overrides: { expiry_date: at(1) } });
      const waited = { starts: 'AT_FIRST_ACTIVATION', expires_if_started_by: at(1) };
      const order = await create(issue(1, 5, { starts: at(1) }), ended, issue(1, 5, waited));
      await done(order, 'record-payment', { amount: 1 });
      time.now += 2 * DAY_MS;
      try {
        const refused = (line: number, pointer: string) => ({
          status: 409,
          body: {
            code: 'ORDER_LINE_REFUSED',
            detail: `Line ${line} cannot be fulfilled, so the order was not approved: ${pointer} must be in the future`,
            line,
            line_code: 'VALIDATION_FAILED',
          },
        });
        expect(await act(order, 'approve')).toMatchObject(refused(2, '/overrides/expiry_date'));
        const path = `/v1/orders/${order.order_id}`;
        const lines = [issue(1, 5, { starts: at(1) }), issue(1, 5, { overrides: {} }), issue(1, 5, waited)];
        expect((await api.patch(path, { lines })).status).toBe(200);
        expect(await act(order, 'approve')).toMatchObject(refused(3, '/expires_if_started_by'));
        expect((await api.get(path)).body).toMatchObject({ status: 'PENDING', approved_at: null });
        lines[2] = issue(1, 5, { starts: 'AT_FIRST_ACTIVATION' });
        expect((await api.patch(path, { lines })).status).toBe(200);
        expect(await done(order, 'approve')).toMatchObject({ status: 'APPROVED' });
      } finally {
        time.now = before;
      }
    });

    it('of 20 at once does each line once', async () => {
      const order = await approved(issue(3), issue(4));
      const answers = await Promise.all(Array.from({ length: 20 }, () => act(order, 'fulfil')));
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
      const now = answers.map(({ body }) => body.fulfilled_now as boolean);
      expect(now.filter(Boolean)).toHaveLength(1);
      const orders = answers.map(({ body }) => JSON.stringify({ ...body, fulfilled_now: undefined }));
      expect(new Set(orders).size).toBe(1);
      expect(await licensesOf(order)).toHaveLength(7);
      expect((await eventsOf('order', order.order_id as string)).map(({ event_type }) => event_type as string)).toEqual(
        ['order.created', 'order.approved', 'order.fulfilled'],
      );
    });

    it('does nothing of an order of which a line is refused, and names the line and why', async () => {
      const archived = await api.template({ template_id: `archived-${unique()}` });
      const { license_id } = await api.issue(template, { customer_id: 'customer-1' });
      const before = (await api.get(`/v1/licenses/${license_id}`)).body;
      const order = await approved(
        issue(2),
        { kind: 'RENEW', license_id, unit_price: 1 },
        issue(1, 1, { license_template_id: archived }),
      );
      await api.patch(`/v1/license-templates/${archived}`, { active: false });
      const refused = await act(order, 'fulfil');
      expect(refused).toMatchObject({
        status: 409,
        body: { code: 'ORDER_LINE_REFUSED', line: 3, line_code: 'TEMPLATE_INACTIVE' },
      });
      expect(refused.body.detail).toContain(`The license template ${archived} is archived.`);
      expect(await licensesOf(order)).toEqual([]);
      expect((await api.get(`/v1/orders/${order.order_id}`)).body).toEqual(order);
      await api.patch(`/v1/license-templates/${archived}`, { active: true });
      await api.post(`/v1/licenses/${license_id}/revoke`, { reason: REASON });
      const revoked = await act(order, 'fulfil');
      expect(revoked.body).toMatchObject({ code: 'ORDER_LINE_REFUSED', line: 2, line_code: 'LICENSE_STATE' });
      expect(await licensesOf(order)).toEqual([]);
      expect(before.status).toBe('ACTIVE');
    });

    it('beyond 1,000 licenses goes in steps, of which a retry does what is left, and the event log tells each', async () => {
      const archived = await api.template({ template_id: `late-${unique()}` });
      const order = await approved(issue(999, 1), issue(2, 1), issue(4, 1, { license_template_id: archived }));
      await api.patch(`/v1/license-templates/${archived}`, { active: false });
      const key = { 'Idempotency-Key': `steps-${unique()}` };
      const refused = await api.post(`/v1/orders/${order.order_id}/fulfil`, {}, key);
      expect(refused.body).toMatchObject({ code: 'ORDER_LINE_REFUSED', line: 3 });
      const half = (await api.get(`/v1/orders/${order.order_id}`)).body;
      expect(half.status).toBe('APPROVED');
      expect(half.lines.map((line: Wire) => line.fulfilled_quantity as number)).toEqual([999, 1, 0]);
      await api.patch(`/v1/license-templates/${archived}`, { active: true });
      const rest = await api.post(`/v1/orders/${order.order_id}/fulfil`, {}, key);
      expect(rest.body).toMatchObject({ status: 'FULFILLED', fulfilled_now: true });
      expect((await api.post(`/v1/orders/${order.order_id}/fulfil`, {}, key)).body).toEqual(rest.body);
      const [count] = await app.database.query<Wire>('SELECT count(*)::int AS n FROM licenses WHERE order_id = $1', [
        order.order_id,
      ]);
      expect(count.n).toBe(1_005);
      const ids = rest.body.lines.flatMap((line: Wire) => line.license_ids as string[]);
      expect(new Set(ids).size).toBe(1_005);
      expect((await eventsOf('order', order.order_id as string)).map(({ event_type }) => event_type as string)).toEqual(
        ['order.created', 'order.approved', 'order.progressed', 'order.fulfilled'],
      );
      await done(order, 'record-payment');
      const refunded = await done(order, 'refund', { lines: [1, 2], licenses: 'SUSPEND', reason: REASON });
      expect(refunded).toMatchObject({ refunded_amount: 1_001, payment_status: 'PAID' });
      expect(refunded.lines.map((line: Wire) => line.withdrawn_quantity as number)).toEqual([999, 2, 0]);
      const [suspended] = await app.database.query<Wire>(
        `SELECT count(*)::int AS n FROM licenses WHERE order_id = $1 AND status = 'SUSPENDED'`,
        [order.order_id],
      );
      expect(suspended.n).toBe(1_001);
      const cancelled = await done(order, 'cancel', { licenses: 'REVOKE', reason: REASON });
      expect(cancelled.lines.map((line: Wire) => line.withdrawn_quantity as number)).toEqual([999, 2, 4]);
      const left = await app.database.query(`SELECT 1 FROM licenses WHERE order_id = $1 AND status <> 'REVOKED'`, [
        order.order_id,
      ]);
      expect(left).toEqual([]);
    }, 60_000);

    it('joins a unit of work and needs the permissions of what its lines do', async () => {
      const order = await approved(issue());
      const mayFulfil = await app.key(api.tenantId, ['orders:fulfil', 'licenses:renew']);
      const denied = await act(order, 'fulfil', {}, mayFulfil);
      expect(denied.body).toMatchObject({
        code: 'PERMISSION_DENIED',
        detail: 'Permission licenses:issue is required.',
      });
      expect(await licensesOf(order)).toEqual([]);
      const actor = Actor.service('test', api.tenantId);
      const options = { idempotencyKey: unique() };
      const commands = app.nest.get(CommandBus);
      const id = order.order_id as string;
      const first = await commands.execute(new FulfilOrderCommand(actor, id, {}, options));
      expect(await commands.execute(new FulfilOrderCommand(actor, id, {}, options))).toEqual(first);
      expect(first.lines[0]?.license_ids).toHaveLength(1);
    });
  });

  describe('automatic fulfilment', () => {
    let tenant: Api;
    let id: string;
    const ON = { fulfil_orders_automatically: true };

    beforeAll(async () => {
      tenant = await app.tenant();
      id = await tenant.template();
      expect((await tenant.patch('/v1/settings', ON)).body).toMatchObject(ON);
    });

    const after = (trigger: 'APPROVAL' | 'PAYMENT') =>
      tenant.patch('/v1/settings', { order_fulfilment_after: trigger });
    const open = (quantity: number, unit_price = 50, template_id = id): Promise<Wire> =>
      tenant.create('/v1/orders', sale(issue(quantity, unit_price, { license_template_id: template_id })));
    const typesOf = async (order: Wire) => {
      const rows = await eventually(async () => {
        expect(await app.database.query('SELECT 1 FROM outbox WHERE tenant_id = $1', [tenant.tenantId])).toEqual([]);
        return app.database.query<Wire>(
          `SELECT event_type, actor FROM license_event_logs WHERE tenant_id = $1 AND resource_id = $2 ORDER BY seq`,
          [tenant.tenantId, order.order_id],
        );
      });
      return rows.map(({ event_type }) => event_type as string);
    };
    const issued = async (order: Wire) =>
      (await app.database.query('SELECT 1 FROM licenses WHERE order_id = $1', [order.order_id])).length;

    it('follows the approval or the payment in full, never a part of it, once for a repeated request', async () => {
      await after('APPROVAL');
      const byApproval = await open(2);
      expect((await act(byApproval, 'record-payment', {}, tenant)).body.status).toBe('PENDING');
      const key = { 'Idempotency-Key': unique() };
      const path = `/v1/orders/${byApproval.order_id}/approve`;
      const [first, second] = [await tenant.post(path, {}, key), await tenant.post(path, {}, key)];
      expect(first.body).toMatchObject({ status: 'FULFILLED', automatic_fulfilment: null });
      expect(second.body).toEqual(first.body);
      expect(await issued(byApproval)).toBe(2);
      expect(await typesOf(byApproval)).toEqual([
        'order.created',
        'order.payment_recorded',
        'order.approved',
        'order.fulfilled',
      ]);

      await after('PAYMENT');
      const byPayment = await open(2);
      await act(byPayment, 'approve', {}, tenant);
      const partial = await act(byPayment, 'record-payment', { amount: 99 }, tenant);
      expect(partial.body).toMatchObject({ status: 'APPROVED', payment_status: 'PARTIAL', automatic_fulfilment: null });
      expect(await issued(byPayment)).toBe(0);
      expect((await act(byPayment, 'record-payment', {}, tenant)).body).toMatchObject({ status: 'FULFILLED' });
      expect(await issued(byPayment)).toBe(2);
      expect(await open(3, 0)).toMatchObject({ payment_status: 'PAID', status: 'FULFILLED' });
    });

    it('that a line refuses takes no payment back, says why, and is left to whoever sends fulfil', async () => {
      await after('PAYMENT');
      const archived = await tenant.template({ template_id: `archived-${unique()}` });
      const order = await tenant.create(
        '/v1/orders',
        sale(issue(1, 50, { license_template_id: id }), issue(1, 50, { license_template_id: archived })),
      );
      await tenant.patch(`/v1/license-templates/${archived}`, { active: false });
      const key = { 'Idempotency-Key': unique() };
      const path = `/v1/orders/${order.order_id}/record-payment`;
      const paid = await tenant.post(path, {}, key);
      const refused = {
        status: 'PENDING',
        payment_status: 'PAID',
        paid_amount: 100,
        automatic_fulfilment: 'REFUSED',
        fulfilment_refusal: { line: 2, code: 'TEMPLATE_INACTIVE' },
      };
      expect(paid).toMatchObject({ status: 200, body: refused });
      await tenant.patch(`/v1/license-templates/${archived}`, { active: true });
      await app.nest.get(AutomaticFulfilmentTimer).sweep();
      expect((await tenant.post(path, {}, key)).body).toEqual(paid.body);
      expect(await issued(order)).toBe(0);
      expect((await act(order, 'fulfil', {}, tenant)).body).toMatchObject({
        status: 'FULFILLED',
        automatic_fulfilment: null,
        fulfilment_refusal: null,
      });
      expect(await typesOf(order)).toEqual([
        'order.created',
        'order.payment_recorded',
        'order.fulfilment_refused',
        'order.fulfilled',
      ]);
    });

    it('of what a unit of work on the bus approved follows its commit, by the timers of two processes at once', async () => {
      await after('APPROVAL');
      const order = await open(2);
      const actor = Actor.service('test', tenant.tenantId);
      const approve = () =>
        app.nest.get(CommandBus).execute(new ApproveOrderCommand(actor, order.order_id as string, {}));
      const approved = await app.nest.get(UnitOfWork).run(tenant.tenantId, approve);
      expect(approved).toMatchObject({ status: 'APPROVED', automatic_fulfilment: 'DUE' });
      expect(await issued(order)).toBe(0);
      const timer = app.nest.get(AutomaticFulfilmentTimer);
      await Promise.all([timer.sweep(), timer.sweep()]);
      expect(await issued(order)).toBe(2);
      expect(await typesOf(order)).toEqual(['order.created', 'order.approved', 'order.fulfilled']);
    });

    it('is switched on, or bound to another event, only by who may fulfil; it gives nobody else a right', async () => {
      const settings = await app.key(tenant.tenantId, ['settings:write', 'orders:fulfil', 'licenses:issue']);
      for (const patch of [ON, { order_fulfilment_after: 'PAYMENT' }])
        expect((await settings.patch('/v1/settings', patch)).body).toMatchObject({
          code: 'PERMISSION_DENIED',
          detail: 'Permission licenses:renew is required.',
        });
      expect((await settings.patch('/v1/settings', { require_if_match: false })).status).toBe(200);
      expect((await settings.patch('/v1/settings', { fulfil_orders_automatically: false })).status).toBe(200);
      await tenant.patch('/v1/settings', ON);
    });
  });

  describe('a cancellation', () => {
    it.each([
      ['REVOKE', 'REVOKED'],
      ['SUSPEND', 'SUSPENDED'],
      ['KEEP', 'ACTIVE'],
    ])(
      'with %s leaves licenses %s, with its reason, and the order cannot be fulfilled any more',
      async (licenses, status) => {
        const order = await approved(issue(2));
        await done(order, 'fulfil');
        const cancelled = await done(order, 'cancel', { licenses, reason: REASON });
        expect(cancelled).toMatchObject({ status: 'CANCELLED', lines: [{ withdrawal: licenses }] });
        expect(await statusesOf(order)).toEqual([status, status]);
        if (licenses !== 'KEEP') {
          const [first] = await licensesOf(order);
          await eventually(async () => {
            const { data } = (await api.get(`/v1/license-events?license_id=${first?.license_id}`)).body;
            expect(data.at(-1)).toMatchObject({
              event_type: `license.${status.toLowerCase()}`,
              event_data: { reason: REASON },
              metadata: { operation: 'orders.cancel' },
            });
          });
        }
        expect(await codeOf(order, 'fulfil')).toBe('ORDER_STATE');
        expect(await codeOf(order, 'approve')).toBe('ORDER_STATE');
        expect(await codeOf(order, 'record-payment')).toBe('ORDER_STATE');
        expect(await done(order, 'cancel', { licenses, reason: REASON })).toEqual(cancelled);
      },
    );

    it('can become stricter, never milder, and undoes nothing that an administrator did', async () => {
      const order = await approved(issue(3));
      const { lines } = await done(order, 'fulfil');
      const [suspended, revoked] = lines[0].license_ids as string[];
      await api.post(`/v1/licenses/${suspended}/suspend`, { reason: REASON });
      await api.post(`/v1/licenses/${revoked}/revoke`, { reason: REASON });
      await done(order, 'cancel', { licenses: 'SUSPEND', reason: REASON });
      expect((await statusesOf(order)).sort()).toEqual(['REVOKED', 'SUSPENDED', 'SUSPENDED']);
      await done(order, 'cancel', { licenses: 'REVOKE', reason: REASON });
      expect(await statusesOf(order)).toEqual(['REVOKED', 'REVOKED', 'REVOKED']);
      const last = await done(order, 'cancel', { licenses: 'KEEP', reason: REASON });
      expect(last.lines[0].withdrawal).toBe('REVOKE');
    });

    it('needs the permission to take licenses away if it does', async () => {
      const order = await approved(issue());
      await done(order, 'fulfil');
      const issuer = await app.key(api.tenantId, [], { role: 'issuer' });
      const denied = await act(order, 'cancel', { licenses: 'REVOKE', reason: REASON }, issuer);
      expect(denied.body).toMatchObject({
        code: 'PERMISSION_DENIED',
        detail: 'Permission licenses:revoke is required.',
      });
      expect((await act(order, 'cancel', { licenses: 'KEEP', reason: REASON }, issuer)).status).toBe(200);
    });

    it('against fulfilments leaves no license that is not revoked, whoever comes first', async () => {
      for (let round = 0; round < 4; round++) {
        const order = await approved(issue(5));
        const cancel = () => act(order, 'cancel', { licenses: 'REVOKE', reason: REASON });
        const calls = [act(order, 'fulfil'), act(order, 'fulfil'), cancel(), act(order, 'fulfil')];
        const answers = await Promise.all(round % 2 === 0 ? calls : [cancel(), ...calls]);
        for (const { status, body } of answers) if (status !== 200) expect(body.code).toBe('ORDER_STATE');
        expect((await api.get(`/v1/orders/${order.order_id}`)).body.status).toBe('CANCELLED');
        const statuses = await statusesOf(order);
        expect([0, 5]).toContain(statuses.length);
        expect(statuses.filter((status) => status !== 'REVOKED')).toEqual([]);
      }
    });
  });

  describe('a refund', () => {
    it('of a line takes its money back and its licenses alone, once', async () => {
      const order = await approved(issue(2, 100), issue(1, 50), issue(3, 0));
      await done(order, 'record-payment');
      const { lines } = await done(order, 'fulfil');
      const refund = { lines: [1], licenses: 'REVOKE', reason: { code: 'REFUNDED' } };
      const first = await done(order, 'refund', refund);
      expect(first).toMatchObject({
        status: 'FULFILLED',
        payment_status: 'PAID',
        paid_amount: 250,
        refunded_amount: 200,
        lines: [{ refunded: true, withdrawal: 'REVOKE' }, { refunded: false, withdrawal: 'KEEP' }, { refunded: false }],
      });
      expect(await done(order, 'refund', refund)).toEqual(first);
      const byId = new Map((await licensesOf(order)).map((license) => [license.license_id as string, license.status]));
      const statuses = (line: number) => (lines[line].license_ids as string[]).map((id) => byId.get(id) as string);
      expect([statuses(0), statuses(1), statuses(2)]).toEqual([
        ['REVOKED', 'REVOKED'],
        ['ACTIVE'],
        ['ACTIVE', 'ACTIVE', 'ACTIVE'],
      ]);
      const all = await done(order, 'refund', { licenses: 'SUSPEND', reason: REASON });
      expect(all).toMatchObject({ payment_status: 'REFUNDED', refunded_amount: 250 });
      expect((await statusesOf(order)).sort()).toEqual([...Array(2).fill('REVOKED'), ...Array(4).fill('SUSPENDED')]);
      const told = (await eventsOf('order', order.order_id as string)).filter(
        ({ event_type }) => event_type === 'order.refunded',
      );
      expect(told.map(({ event_data }) => event_data.amount as number)).toEqual([200, 50]);
    });

    it('of a line before the fulfilment leaves it out of that', async () => {
      const order = await approved(issue(2, 100), issue(1, 50));
      await done(order, 'record-payment');
      await done(order, 'refund', { lines: [1], licenses: 'KEEP', reason: REASON });
      const fulfilled = await done(order, 'fulfil');
      expect(fulfilled.status).toBe('FULFILLED');
      expect(fulfilled.lines.map((line: Wire) => line.fulfilled_quantity as number)).toEqual([0, 1]);
      const whole = await approved(issue(1, 50));
      await done(whole, 'record-payment');
      await done(whole, 'refund', { licenses: 'KEEP', reason: REASON });
      expect(await codeOf(whole, 'fulfil')).toBe('ORDER_STATE');
    });

    it('takes back no more than was paid, and no line that there is not', async () => {
      const order = await create(issue(1, 100), issue(1, 50));
      expect(await codeOf(order, 'refund', { licenses: 'KEEP', reason: REASON })).toBe('ORDER_STATE');
      await done(order, 'record-payment', { amount: 60 });
      expect(await codeOf(order, 'refund', { lines: [1], licenses: 'KEEP', reason: REASON })).toBe('REFUND_TOO_HIGH');
      const unknown = await act(order, 'refund', { lines: [2, 3], licenses: 'KEEP', reason: REASON });
      expect(unknown.body.errors).toEqual([
        { pointer: '/lines/1', detail: 'must be a line of the order, from 1 to 2' },
      ]);
      expect((await act(order, 'refund', { lines: [1, 1], licenses: 'KEEP', reason: REASON })).status).toBe(400);
      expect(await done(order, 'refund', { lines: [2], licenses: 'KEEP', reason: REASON })).toMatchObject({
        refunded_amount: 50,
        payment_status: 'PARTIAL',
      });
      expect(await codeOf(order, 'record-payment', { amount: 91 })).toBe('PAYMENT_TOO_HIGH');
      expect(await done(order, 'record-payment')).toMatchObject({ paid_amount: 150, payment_status: 'PAID' });
      const raced = await Promise.all(
        Array.from({ length: 5 }, () => act(order, 'refund', { licenses: 'KEEP', reason: REASON })),
      );
      for (const { body } of raced) expect(body).toMatchObject({ refunded_amount: 150, payment_status: 'REFUNDED' });
    });
  });

  describe('a quote', () => {
    const draft = (days = 30): Promise<Wire> =>
      api.create('/v1/quotes', {
        ...sale(issue(2, 100), issue(1, 50)),
        valid_until: new Date(time.now + days * DAY_MS).toISOString(),
        metadata: { from: 'quote' },
      });
    const decide = (quote: Wire, action: string, body: Record<string, unknown> = {}) =>
      api.post(`/v1/quotes/${quote.quote_id}/${action}`, body);
    const sent = async (days = 30): Promise<Wire> => (await decide(await draft(days), 'send')).body;
    const get = async (quote: Wire): Promise<Wire> => (await api.get(`/v1/quotes/${quote.quote_id}`)).body;
    const ordersOf = async (quote: Wire): Promise<Wire[]> =>
      (await api.get(`/v1/orders?quote_id=${quote.quote_id}`)).body.data;

    it('can be changed as a draft, only its date and metadata once it is sent, and nothing after', async () => {
      const quote = await draft();
      const path = `/v1/quotes/${quote.quote_id}`;
      expect(quote).toMatchObject({ status: 'DRAFT', total_amount: 250, order_id: null, version: 1 });
      expect((await api.patch(path, { lines: [issue(1, 9)] })).body).toMatchObject({ total_amount: 9, version: 2 });
      expect((await decide(quote, 'accept')).body.code).toBe('QUOTE_STATE');
      expect((await decide(quote, 'decline')).body.code).toBe('QUOTE_STATE');
      expect((await decide(quote, 'send')).body).toMatchObject({ status: 'SENT', version: 3 });
      expect((await decide(quote, 'send')).body.code).toBe('QUOTE_STATE');
      expect((await api.patch(path, { lines: [issue(1, 1)] })).body.code).toBe('QUOTE_STATE');
      const later = new Date(time.now + 60 * DAY_MS).toISOString();
      expect((await api.patch(path, { valid_until: later, metadata: { a: 1 } })).body).toMatchObject({
        valid_until: later,
        metadata: { a: 1, from: 'quote' },
      });
      expect((await decide(quote, 'decline', { reason: REASON })).body.status).toBe('DECLINED');
      expect((await decide(quote, 'accept')).body.code).toBe('QUOTE_STATE');
      expect((await api.patch(path, { metadata: {} })).body.code).toBe('QUOTE_STATE');
      expect((await eventsOf('quote', quote.quote_id as string)).map(({ event_type }) => event_type as string)).toEqual(
        ['quote.created', 'quote.updated', 'quote.sent', 'quote.updated', 'quote.declined'],
      );
    });

    it('accepted by 10 at once gives one order, with its lines', async () => {
      const quote = await sent();
      const answers = await Promise.all(Array.from({ length: 10 }, () => decide(quote, 'accept')));
      expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200));
      expect(answers.filter(({ body }) => body.order_created as boolean)).toHaveLength(1);
      expect(new Set(answers.map(({ body }) => body.order_id as string)).size).toBe(1);
      const [order, ...more] = await ordersOf(quote);
      expect(more).toEqual([]);
      expect((await api.get(`/v1/orders/${order?.order_id}`)).body).toMatchObject({
        quote_id: quote.quote_id,
        customer_id: 'customer-1',
        status: 'PENDING',
        total_amount: 250,
        metadata: { from: 'quote' },
        lines: [{ quantity: 2, unit_price: 100 }, { unit_price: 50 }],
      });
      expect((await decide(quote, 'accept', { external_id: 'another' })).body.code).toBe('QUOTE_STATE');
      expect((await decide(quote, 'decline')).body.code).toBe('QUOTE_STATE');
    });

    it('accepted and declined at once is one of both', async () => {
      for (let round = 0; round < 4; round++) {
        const quote = await sent();
        const [accepted, declined] = await Promise.all([decide(quote, 'accept'), decide(quote, 'decline')]);
        expect([accepted.status, declined.status].sort()).toEqual([200, 409]);
        expect(await ordersOf(quote)).toHaveLength(accepted.status === 200 ? 1 : 0);
      }
    });

    it('gives its order the id that the caller wants, and stays as it is if another has that', async () => {
      const [one, two] = [await sent(), await sent()];
      const external_id = `ERP-${unique()}`;
      expect((await decide(one, 'accept', { external_id })).body).toMatchObject({ status: 'ACCEPTED' });
      expect((await decide(one, 'accept', { external_id })).body).toMatchObject({ order_created: false });
      expect((await decide(two, 'accept', { external_id })).body.code).toBe('ORDER_EXISTS');
      expect(await get(two)).toEqual(two);
    });

    it('is expired from its date on, at once for every caller, and the log tells it once', async () => {
      const [old, older, decided] = [await sent(1), await draft(1), await sent(1)];
      await decide(decided, 'accept');
      const before = time.now;
      try {
        time.now += DAY_MS;
        const refused = await decide(old, 'accept');
        expect(refused).toMatchObject({ status: 409, body: { code: 'QUOTE_EXPIRED' } });
        expect((await decide(older, 'send')).body.code).toBe('QUOTE_EXPIRED');
        expect(await ordersOf(old)).toEqual([]);
        expect((await get(old)).status).toBe('EXPIRED');
        expect((await get(decided)).status).toBe('ACCEPTED');
        const listed = async (status: string) =>
          ((await api.get(`/v1/quotes?status=${status}&limit=100`)).body.data as Wire[]).map(
            ({ quote_id }) => quote_id as string,
          );
        const isListed = async () => {
          expect(await listed('EXPIRED')).toEqual(expect.arrayContaining([old.quote_id, older.quote_id]));
          expect(await listed('SENT')).not.toContain(old.quote_id);
          expect(await listed('DRAFT')).not.toContain(older.quote_id);
        };
        await isListed();
        const timer = app.nest.get(QuoteTimer);
        await Promise.all([timer.sweep(), timer.sweep()]);
        await timer.sweep();
        await isListed();
        const events = await eventsOf('quote', old.quote_id as string);
        expect(events.filter(({ event_type }) => event_type === 'quote.expired')).toHaveLength(1);
        expect((await decide(old, 'accept')).body.code).toBe('QUOTE_EXPIRED');
      } finally {
        time.now = before;
      }
    });
  });

  it('hold nothing of a customer that is erased, in rows, events and stored results', async () => {
    const customer_id = `erased-${unique()}`;
    const personal = { contact: 'Quentin Quux' };
    const body = { ...sale(issue()), customer_id, metadata: personal };
    const key = { 'Idempotency-Key': unique() };
    const order = (await api.post('/v1/orders', body, key)).body;
    const valid_until = new Date(time.now + DAY_MS).toISOString();
    const quote = await api.create('/v1/quotes', { ...body, valid_until });
    await api.post(`/v1/quotes/${quote.quote_id}/send`);
    await api.post(`/v1/quotes/${quote.quote_id}/decline`, { reason: { code: 'OTHER', text: 'Quux called' } });
    await done(order, 'record-payment', { reference: 'by Quentin Quux' });
    await done(order, 'cancel', { licenses: 'KEEP', reason: { code: 'OTHER', text: 'Quux called' } });
    await api.patch(`/v1/orders/${order.order_id}`, { metadata: { contact: 'Q. Quux' } });
    await eventsOf('order', order.order_id as string);
    expect(traces(await everythingStored(app.database, app.secrets), ['Quux'])).not.toEqual([]);
    await withClient(app.database.ownerUrl, (owner) =>
      eraseCustomer(owner, app.secrets, api.tenantId, customer_id, new Date(time.now)),
    );
    expect(traces(await everythingStored(app.database, app.secrets), ['Quux'])).toEqual([]);
    expect((await api.get(`/v1/orders/${order.order_id}`)).body).toMatchObject({ metadata: {}, status: 'CANCELLED' });
    expect((await api.post('/v1/orders', body, key)).body).toMatchObject({ order_id: order.order_id, metadata: {} });
  });

  it('belong to one tenant: another finds, lists, changes and fulfils none of them', async () => {
    const tenant = await app.tenant();
    const order = await approved(issue());
    const quote = await api.create('/v1/quotes', {
      ...sale(issue()),
      valid_until: new Date(time.now + DAY_MS).toISOString(),
    });
    for (const list of ['orders', 'quotes', `orders?customer_id=customer-1`, `licenses?order_id=${order.order_id}`])
      expect((await tenant.get(`/v1/${list}`)).body.data).toEqual([]);
    for (const [path, code] of [
      [`/v1/orders/${order.order_id}`, 'ORDER_NOT_FOUND'],
      [`/v1/quotes/${quote.quote_id}`, 'QUOTE_NOT_FOUND'],
    ] as const) {
      expect((await tenant.get(path)).body.code).toBe(code);
      expect((await tenant.patch(path, { metadata: {} })).body.code).toBe(code);
    }
    for (const action of ['approve', 'record-payment', 'fulfil'])
      expect((await act(order, action, {}, tenant)).body.code).toBe('ORDER_NOT_FOUND');
    expect((await act(order, 'cancel', { licenses: 'REVOKE', reason: REASON }, tenant)).body.code).toBe(
      'ORDER_NOT_FOUND',
    );
    expect((await api.get(`/v1/orders/${order.order_id}`)).body).toEqual(order);
  });
});
