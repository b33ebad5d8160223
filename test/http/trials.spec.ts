import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { CommandBus } from '@nestjs/cqrs';
import { IssueLicenseCommand } from '../../src/licensing/index.js';
import { Actor } from '../../src/shared/access/actor.js';
import { UnitOfWork } from '../../src/shared/persistence/unit-of-work.js';
import type { Api, Wire } from '../support/api.js';
import { TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';

const DAY_MS = 86_400_000;
const TERMS = { trial_allowed: true, trial_duration_days: 14, default_duration: 365, grace_period_days: 30 };

describe('a trial', () => {
  let app: TestApp;
  let api: Api;
  let template: string;
  let customers = 0;

  beforeAll(async () => {
    app = await TestApp.start();
    api = await app.tenant();
    template = await api.template(TERMS);
  });

  afterAll(() => app.stop());

  const customer = () => `trial-customer-${++customers}`;
  const order = (customer_id: string, license_template_id = template) => ({
    license_template_id,
    customer_id,
    trial: true,
  });
  const tryOut = (customer_id: string, of = template) => api.post('/v1/licenses', order(customer_id, of));
  const codeOf = (error: unknown) => (error as { options?: { errorCode?: string } }).options?.errorCode;
  const fullTemplate = async (product_id: string) => {
    const { template_id } = await api.create('/v1/license-templates', {
      template_name: `Full ${++customers}`,
      product_id,
      license_type: 'SUBSCRIPTION',
      license_model: 'PER_SEAT',
      default_duration: 730,
      max_activations: 3,
    });
    return template_id as string;
  };
  const codes = (answers: readonly { status: number; body: Wire }[]) =>
    answers.map(({ status, body }) => (status === 201 ? 'issued' : (body.code as string))).sort();

  it('ends after the days that its template gives a trial, without grace', async () => {
    const { license_id, issued_date, expiry_date } = (await tryOut(customer())).body;
    expect(Date.parse(expiry_date as string) - Date.parse(issued_date as string)).toBe(14 * DAY_MS);
    const { body } = await api.get(`/v1/licenses/${license_id}`);
    expect(body).toMatchObject({ trial: true, status: 'ACTIVE', default_duration: 365, grace_ends_at: expiry_date });
  });

  it('of a perpetual license ends too', async () => {
    const perpetual = await api.template({ license_type: 'PERPETUAL', trial_allowed: true, trial_duration_days: 7 });
    const { issued_date, expiry_date } = (await tryOut(customer(), perpetual)).body;
    expect(Date.parse(expiry_date as string) - Date.parse(issued_date as string)).toBe(7 * DAY_MS);
  });

  it('is refused where the template allows none, and given from the very moment it does', async () => {
    const none = await api.template({ trial_allowed: false });
    await api.issue(none);
    expect(await tryOut(customer(), none)).toMatchObject({ status: 409, body: { code: 'TRIAL_NOT_ALLOWED' } });
    await api.patch(`/v1/license-templates/${none}`, { trial_allowed: true });
    expect((await tryOut(customer(), none)).status).toBe(201);
    await api.patch(`/v1/license-templates/${none}`, { trial_allowed: false });
    expect((await tryOut(customer(), none)).body.code).toBe('TRIAL_NOT_ALLOWED');
  });

  it('is had once a customer and product, from whichever template, and by each customer and of each product', async () => {
    const id = customer();
    const { product_id } = (await tryOut(id)).body;
    const { template_id: sibling } = await api.create('/v1/license-templates', {
      ...TERMS,
      template_name: 'Sibling',
      product_id,
      license_type: 'SUBSCRIPTION',
      license_model: 'PER_SEAT',
    });
    expect(codes([await tryOut(id), await tryOut(id, sibling as string)])).toEqual([
      'TRIAL_ALREADY_USED',
      'TRIAL_ALREADY_USED',
    ]);
    const fine = [await tryOut(customer()), await tryOut(id, await api.template(TERMS))];
    expect(codes(fine)).toEqual(['issued', 'issued']);
    expect((await api.post('/v1/licenses', { ...order(id), trial: false })).status).toBe(201);
    const other = await app.tenant();
    expect((await other.post('/v1/licenses', order(id, await other.template(TERMS)))).status).toBe(201);
  });

  it('is had once also when many ask at the same time, and harms no other order that came with them', async () => {
    const id = customer();
    const answers = await Promise.all([
      ...Array.from({ length: 20 }, () => tryOut(id)),
      ...Array.from({ length: 20 }, () => tryOut(customer())),
      ...Array.from({ length: 20 }, () => api.post('/v1/licenses', { ...order(id), trial: false })),
    ]);
    expect(codes(answers.slice(0, 20))).toEqual([...Array<string>(19).fill('TRIAL_ALREADY_USED'), 'issued']);
    expect(codes(answers.slice(20))).toEqual(Array<string>(40).fill('issued'));
    const { data } = (await api.get(`/v1/licenses?customer_id=${id}&limit=100`)).body;
    expect((data as Wire[]).filter(({ trial }) => trial as boolean)).toHaveLength(1);
  });

  it('that was used is refused by the statement of its group, which issues the others', async () => {
    const id = customer();
    await tryOut(id);
    const commands = app.nest.get(CommandBus);
    const actor = Actor.service('test', api.tenantId);
    const unitOfWork = app.nest.get(UnitOfWork);
    const grouped = jest.spyOn(unitOfWork, 'executeStandalone');
    const answers = await Promise.allSettled(
      Array.from({ length: 60 }, (_, at) => {
        const trial = order(at % 20 === 10 ? id : customer());
        return commands.execute(new IssueLicenseCommand(actor, trial));
      }),
    );
    const statements = grouped.mock.calls.filter(([{ name }]) => name === 'licenses.issue').length;
    grouped.mockRestore();
    expect(answers.map((answer) => (answer.status === 'rejected' ? codeOf(answer.reason) : 'issued'))).toEqual(
      Array.from({ length: 60 }, (_, at) => (at % 20 === 10 ? 'TRIAL_ALREADY_USED' : 'issued')),
    );
    expect(statements).toBeLessThanOrEqual(3);
  });

  it('is issued once by two processes that are asked at the same time, and the other orders are issued by both', async () => {
    const neighbour = await TestApp.start({ database: app.database, secrets: app.secrets });
    const there = neighbour.bearer(api.tenantId, api.key ?? '');
    await there.issue(template);
    const ids = Array.from({ length: 25 }, customer);
    const all = ids.flatMap((id) =>
      [api, there].flatMap((at) => [
        at.post('/v1/licenses', order(id)),
        at.post('/v1/licenses', order(id), { 'Idempotency-Key': `two-${id}` }),
        at.post('/v1/licenses', { ...order(id), trial: false }),
      ]),
    );
    const answers = await Promise.all(all);
    await neighbour.stop();
    for (const [at, id] of ids.entries()) {
      const own = answers.slice(at * 6, at * 6 + 6);
      expect([own[2], own[5]].map((answer) => answer?.status)).toEqual([201, 201]);
      const trials = [own[0], own[1], own[3], own[4]].flatMap((answer) => answer ?? []);
      const issued = new Set(trials.flatMap(({ status, body }) => (status === 201 ? [body.license_id as string] : [])));
      const refused = trials.filter(({ status }) => status !== 201);
      expect([issued.size, refused.every(({ body }) => body.code === 'TRIAL_ALREADY_USED')]).toEqual([1, true]);
      const rows = await app.database.query('SELECT 1 FROM licenses WHERE trial_customer_id = $1', [id]);
      expect(rows).toHaveLength(1);
    }
  });

  it('stays had when it is converted, given away or revoked', async () => {
    const id = customer();
    const { license_id } = (await tryOut(id)).body;
    const act = (action: string, body: Wire) => api.post(`/v1/licenses/${license_id}/${action}`, body);
    const next = customer();
    for (const [action, body] of [
      ['convert-trial', {}],
      ['transfer', { customer_id: next }],
      ['revoke', { reason: { code: 'OTHER' } }],
    ] as const) {
      expect((await act(action, body)).status).toBe(200);
      expect((await tryOut(id)).body.code).toBe('TRIAL_ALREADY_USED');
    }
    expect((await tryOut(next)).status).toBe(201);
  });

  it.each(['TRIAL', 'EVALUATION'])('is what a template of type %s issues, in every respect', async (license_type) => {
    const trials = await api.template({ license_type, trial_duration_days: 14 });
    expect((await api.get(`/v1/license-templates/${trials}`)).body).toMatchObject({
      default_duration: 14,
      grace_period_days: 0,
    });
    const id = customer();
    const first = await api.post('/v1/licenses', { license_template_id: trials, customer_id: id });
    const { license_id, issued_date, expiry_date, product_id } = first.body;
    expect(Date.parse(expiry_date as string) - Date.parse(issued_date as string)).toBe(14 * DAY_MS);
    const path = `/v1/licenses/${license_id}`;
    expect((await api.get(path)).body).toMatchObject({ license_type, trial: true, grace_ends_at: expiry_date });
    const again = await api.post('/v1/licenses', { license_template_id: trials, customer_id: id });
    expect(again.body.code).toBe('TRIAL_ALREADY_USED');
    expect((await api.post(`${path}/transfer`, { customer_id: customer() })).body.code).toBe('LICENSE_IS_TRIAL');
    const full = await fullTemplate(product_id as string);
    expect((await api.post(`${path}/change-template`, { license_template_id: full })).body.code).toBe(
      'LICENSE_IS_TRIAL',
    );
    const converted = await api.post(`${path}/convert-trial`, { license_template_id: full });
    expect(converted.body).toMatchObject({ trial: false, license_type: 'SUBSCRIPTION', replaced: {} });
    const back = await api.post(`${path}/change-template`, { license_template_id: trials });
    expect(back).toMatchObject({ status: 409, body: { code: 'TEMPLATE_IS_TRIAL' } });
  });

  it('is converted by the terms and the duration of another template, by whoever may change templates', async () => {
    const { license_id, product_id } = (await tryOut(customer())).body;
    const full = await fullTemplate(product_id as string);
    const path = `/v1/licenses/${license_id}/convert-trial`;
    await api.patch(`/v1/licenses/${license_id}`, { max_activations: 77 });
    const made = await api.create('/v1/api-keys', { name: 'support', role: 'support' });
    const support = app.bearer(api.tenantId, made.api_key as string);
    const denied = await support.post(path, { license_template_id: full });
    expect([denied.status, denied.body.code]).toEqual([403, 'PERMISSION_DENIED']);
    expect((await api.post(path, { license_template_id: 'nobodys' })).body.code).toBe('TEMPLATE_NOT_FOUND');
    expect((await api.post(path, { license_template_id: await api.template() })).body.code).toBe(
      'TEMPLATE_PRODUCT_MISMATCH',
    );
    const { body } = await api.post(path, { license_template_id: full, reason: { code: 'PAYMENT_RECEIVED' } });
    const replaced = { max_activations: { before: 77, after: 3 } };
    expect(body).toMatchObject({ trial: false, template_id: full, default_duration: 730, replaced });
    expect(Math.round((Date.parse(body.expiry_date as string) - Date.parse(body.updated_at as string)) / DAY_MS)).toBe(
      730,
    );
    await eventually(async () => {
      const { data } = (await api.get(`/v1/license-events?license_id=${license_id}&event_type=license.trial_converted`))
        .body;
      expect((data as Wire[])[0]?.event_data).toMatchObject({ after: { template_id: full }, replaced });
    });
  });

  it('is the same trial again to the same idempotency key, and refused to another', async () => {
    const body = order(customer());
    const first = await api.post('/v1/licenses', body, { 'Idempotency-Key': `t-${body.customer_id}` });
    const again = await api.post('/v1/licenses', body, { 'Idempotency-Key': `t-${body.customer_id}` });
    expect([again.status, again.body]).toEqual([201, first.body]);
    const other = await api.post('/v1/licenses', body, { 'Idempotency-Key': `u-${body.customer_id}` });
    expect(other).toMatchObject({ status: 409, body: { code: 'TRIAL_ALREADY_USED' } });
  });

  it('is refused over the bus by the same name, and undoes the unit of work it was part of', async () => {
    const commands = app.nest.get(CommandBus);
    const actor = Actor.service('test', api.tenantId);
    const [id, bystander] = [customer(), customer()];
    await commands.execute(new IssueLicenseCommand(actor, order(id)));
    const both = app.nest.get(UnitOfWork).run(api.tenantId, async () => {
      await commands.execute(new IssueLicenseCommand(actor, order(bystander)));
      await commands.execute(new IssueLicenseCommand(actor, order(id)));
    });
    await expect(both).rejects.toMatchObject({ status: 409, options: { errorCode: 'TRIAL_ALREADY_USED' } });
    expect((await api.get(`/v1/licenses?customer_id=${bystander}`)).body.data).toEqual([]);
  });
});
