import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  subscriptionActivation,
  type SubscriptionActivationInput,
} from '../../src/workflows/definitions/subscription-activation.js';
import { StepPerformer } from '../../src/workflows/steps/step-performer.js';
import { unique, type Api, type Wire } from '../support/api.js';
import { TestApp } from '../support/app.js';
import { StepEngine } from '../support/step-engine.js';

const WORKFLOW = 'subscription-activation';
const NEVER = Number.MAX_SAFE_INTEGER;
const PERIOD_END = '2099-01-01T00:00:00.000Z';
const reason = { code: 'OTHER' };

describe('the workflow subscription-activation over the steps of the server', () => {
  let app: TestApp;
  let api: Api;
  let templateId: string;

  beforeAll(async () => {
    app = await TestApp.start();
    api = await app.tenant();
    templateId = await api.template({ default_duration: 30 });
  });

  afterAll(() => app.stop());

  const subscribe = async (customer_id: string, terms: object = {}) => {
    const subscription = { subscription_id: `sub-${unique()}`, customer_id, template_id: templateId, ...terms };
    return (await api.create('/v1/subscriptions', subscription)).subscription_id as string;
  };
  const run = (input: SubscriptionActivationInput, killAt = NEVER, runId = `run-${unique()}`) =>
    new StepEngine(app.nest.get(StepPerformer), { workflow: WORKFLOW, tenantId: api.tenantId, runId, killAt }).run(
      subscriptionActivation,
      input,
    );
  const subscription = async (id: string): Promise<Wire> => (await api.get(`/v1/subscriptions/${id}`)).body;
  const licensesOf = async (customer: string): Promise<Wire[]> =>
    (await api.get(`/v1/licenses?customer_id=${customer}`)).body.data;
  const issue = async (customer_id: string, template = templateId) =>
    (await api.issue(template, { customer_id })).license_id as string;
  const send = async (id: string, kind: string, facts: object = {}) => {
    const event = { event_id: `e-${unique()}`, occurred_at: '2025-01-01T00:00:00Z', kind, ...facts };
    expect((await api.post(`/v1/subscriptions/${id}/events`, event)).status).toBe(200);
  };

  it.each([NEVER, 0, 1, 2, 3, 4])(
    'ends with one license in force, killed after the effect of step %d and before it is recorded',
    async (killAt) => {
      const customer = `customer-${unique()}`;
      const id = await subscribe(customer);
      const outcome = await run({ subscription_id: id, quantity: 7, period_end: PERIOD_END }, killAt);
      const [license, ...others] = await licensesOf(customer);
      expect(others).toEqual([]);
      expect(license).toMatchObject({
        ...{ status: 'ACTIVE', subscription_id: id, expiry_date: PERIOD_END, max_activations: 7 },
        template_id: templateId,
      });
      const { license_id } = license as { license_id: string };
      const result = { subscription_id: id, customer_id: customer, license_id, issued: true };
      expect(outcome).toEqual({ state: 'COMPLETED', result });
      expect((await api.get(`/v1/subscriptions/${id}/events`)).body.data).toHaveLength(1);
      // A second run finds the license that is linked.
      expect(await run({ subscription_id: id })).toEqual({ state: 'COMPLETED', result: { ...result, issued: false } });
      expect(await licensesOf(customer)).toHaveLength(1);
    },
  );

  it('finds the license of the customer from the same template, and none that was sold for itself or is subscribed elsewhere', async () => {
    const customer = `customer-${unique()}`;
    const { product_id } = (await api.get(`/v1/license-templates/${templateId}`)).body;
    const model = { license_type: 'PERPETUAL', license_model: 'PER_SEAT', product_id };
    const perpetual = await api.create('/v1/license-templates', { ...model, template_name: `Perpetual ${unique()}` });
    const found = await issue(customer);
    await issue(customer, perpetual.template_id as string);
    const elsewhere = await issue(customer);
    await api.post(`/v1/subscriptions/${await subscribe(customer)}/link`, { license_id: elsewhere });
    await api.issue(templateId, { customer_id: customer, starts: '2098-01-01T00:00:00.000Z' });
    const id = await subscribe(customer);
    expect(await run({ subscription_id: id })).toMatchObject({ result: { license_id: found, issued: false } });
    const next = await subscribe(customer);
    expect(await run({ subscription_id: next })).toMatchObject({ result: { issued: true } });
    expect(await licensesOf(customer)).toHaveLength(5);
  });

  it('takes the license that a former subscription has left, and brings it into force', async () => {
    const customer = `customer-${unique()}`;
    const licenseId = await issue(customer);
    const former = await subscribe(customer, { period_end: '2025-06-01T00:00:00Z' });
    await api.post(`/v1/subscriptions/${former}/link`, { license_id: licenseId });
    await send(former, 'refunded');
    await send(former, 'canceled');
    expect((await api.get(`/v1/licenses/${licenseId}`)).body).toMatchObject({ status: 'SUSPENDED' });
    const id = await subscribe(customer);
    const outcome = await run({ subscription_id: id, period_end: PERIOD_END });
    expect(outcome).toMatchObject({ state: 'COMPLETED', result: { license_id: licenseId, issued: false } });
    expect((await subscription(id)).license).toMatchObject({ status: 'ACTIVE', expiry_date: PERIOD_END });
  });

  it('neither brings a license into force that was suspended by hand, nor issues another one', async () => {
    const customer = `customer-${unique()}`;
    const licenseId = await issue(customer);
    await api.post(`/v1/licenses/${licenseId}/suspend`, { reason });
    const id = await subscribe(customer);
    expect(await run({ subscription_id: id })).toMatchObject({
      state: 'FAILED',
      error: { code: 'LICENSE_SUSPENDED_BY_HAND', step: 'findSubscriptionLicense' },
    });
    expect(await licensesOf(customer)).toMatchObject([{ status: 'SUSPENDED' }]);
  });

  it('takes back what it did when the activation is refused: a license that it issued is revoked, one that was found is not', async () => {
    for (const isFound of [false, true]) {
      const customer = `customer-${unique()}`;
      if (isFound) await issue(customer);
      const id = await subscribe(customer);
      const runId = `run-${unique()}`;
      const other = { event_id: `workflow-run:${runId}`, occurred_at: '2025-01-01T00:00:00Z', kind: 'payment_failed' };
      await api.post(`/v1/subscriptions/${id}/events`, other);
      expect(await run({ subscription_id: id }, NEVER, runId)).toMatchObject({
        state: 'FAILED',
        error: { code: 'BILLING_EVENT_CONFLICT', step: 'activateSubscription' },
        undone: isFound ? ['unlinkSubscription'] : ['unlinkSubscription', 'revokeLicense'],
        not_undone: [],
      });
      expect(await licensesOf(customer)).toMatchObject([
        { status: isFound ? 'ACTIVE' : 'REVOKED', subscription_id: null },
      ]);
      expect(await subscription(id)).toMatchObject({ license: null });
    }
  });

  it('gives a subscription one license when it is started twice at once', async () => {
    for (let round = 0; round < 3; round++) {
      const customer = `customer-${unique()}`;
      const id = await subscribe(customer);
      const outcomes = await Promise.all([run({ subscription_id: id }), run({ subscription_id: id })]);
      expect(outcomes.map(({ state }) => state)).toContain('COMPLETED');
      const inForce = (await licensesOf(customer)).filter(({ status }) => status === 'ACTIVE');
      expect(inForce).toMatchObject([{ subscription_id: id }]);
      for (const outcome of outcomes)
        if (outcome.state !== 'COMPLETED')
          expect(outcome).toMatchObject({ error: { code: 'SUBSCRIPTION_LINKED' }, undone: ['revokeLicense'] });
    }
  });
});
