import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Api, type Wire } from '../support/api.js';
import { TestApp } from '../support/app.js';

const FOLDER = resolve('examples/billing-webhooks');
const SECRETS = { stripe: 'whsec_test', paddle: 'pdl_ntfset_test' };
const DAY_MS = 86_400_000;
const START = 1_764_000_000_000;
const at = (days: number, rest = '000') => new Date(START + days * DAY_MS).toISOString().replace('000Z', `${rest}Z`);

type Payloads = Record<string, Record<string, unknown>>;
const payloads = (system: string) =>
  JSON.parse(readFileSync(`test/fixtures/billing-webhooks/${system}.json`, 'utf8')) as Payloads;
const STRIPE = payloads('stripe');
const PADDLE = payloads('paddle');

interface Translator {
  readonly createTranslator: (options: object) => RequestListener;
}
interface Lookup {
  readonly stripeLookup: (key: string, baseUrl: string) => (paymentIntent: string) => Promise<string | null>;
}

/** Times are in seconds. The programs take the time of the machine, so the signatures do, too. */
function signed(
  system: 'stripe' | 'paddle',
  body: string,
  seconds = Math.floor(Date.now() / 1000),
  secret = SECRETS[system],
) {
  const [time, digest, joint, separator, name] =
    system === 'stripe' ? ['t', 'v1', '.', ',', 'stripe-signature'] : ['ts', 'h1', ':', ';', 'paddle-signature'];
  const of = (key: string) => createHmac('sha256', key).update(`${seconds}${joint}${body}`).digest('hex');
  // While a secret is exchanged there are two signatures.
  return { [name]: `${time}=${seconds}${separator}${digest}=${of('old secret')}${separator}${digest}=${of(secret)}` };
}

describe('the example that translates webhooks of billing systems', () => {
  let app: TestApp;
  let api: Api;
  let translator: Server;
  let url: string;
  let licenseId: string;
  const logged: string[] = [];
  const asked: string[] = [];

  beforeAll(async () => {
    app = await TestApp.start();
    const server = app.nest.getHttpServer();
    const port = (server.address() as AddressInfo).port;
    const { createTranslator } = (await import(`${FOLDER}/translator.mjs`)) as Translator;
    // The tenant changes with each test.
    const billing = { url: `http://127.0.0.1:${port}`, key: '' };
    beforeEachTenant = async () => {
      api = await app.tenant();
      billing.key = (await app.key(api.tenantId, [], { role: 'billing' })).key ?? '';
    };
    const options = {
      server: billing,
      secrets: SECRETS,
      templates: { price_basic: 'basic', price_team: 'team', pri_basic: 'basic', pri_team: 'team' },
      subscriptionOf: (paymentIntent: string) => {
        asked.push(paymentIntent);
        return 'sub_S1';
      },
      log: (line: string) => logged.push(line),
    };
    translator = createServer(createTranslator(options));
    await new Promise<void>((listening) => translator.listen(0, '127.0.0.1', listening));
    url = `http://127.0.0.1:${(translator.address() as AddressInfo).port}`;
  });

  let beforeEachTenant: () => Promise<void>;

  beforeEach(async () => {
    logged.length = 0;
    await beforeEachTenant();
    const terms = { default_duration: 30, grace_period_days: 10 };
    await api.template({ ...terms, template_id: 'basic' });
    const { product_id } = (await api.get('/v1/license-templates/basic')).body;
    const model = { license_type: 'SUBSCRIPTION', license_model: 'PER_SEAT', product_id };
    await api.create('/v1/license-templates', { ...terms, ...model, template_id: 'team', template_name: 'Team' });
    licenseId = (await api.issue('basic')).license_id as string;
  });

  afterAll(async () => {
    await new Promise((closed) => translator.close(closed));
    await app.stop();
  });

  const post = async (path: string, body: string, headers: Record<string, string>) =>
    (await fetch(`${url}${path}`, { method: 'POST', body, headers })).status;
  const deliver = async (system: 'stripe' | 'paddle', name: string) => {
    const body = JSON.stringify((system === 'stripe' ? STRIPE : PADDLE)[name], null, 2);
    expect({ name, status: await post(`/${system}`, body, signed(system, body)), logged }).toEqual({
      name,
      status: 204,
      logged: [],
    });
  };
  const subscribe = async (subscription_id: string) => {
    await api.create('/v1/subscriptions', { subscription_id, customer_id: 'customer-1', template_id: 'basic' });
    await api.post(`/v1/subscriptions/${subscription_id}/link`, { license_id: licenseId });
  };
  const license = async (): Promise<Wire> => (await api.get(`/v1/licenses/${licenseId}`)).body;
  const kinds = async (id: string) =>
    ((await api.get(`/v1/subscriptions/${id}/events?limit=100`)).body.data as Wire[])
      .map(({ kind }) => kind as string)
      .sort();

  it('refuses what was not signed with the secret, over other bytes, or long ago', async () => {
    await subscribe('sub_S1');
    const body = JSON.stringify(STRIPE.subscription_created);
    const seconds = Math.floor(Date.now() / 1000);
    for (const system of ['stripe', 'paddle'] as const) {
      const [name = ''] = Object.keys(signed(system, body));
      for (const headers of [
        {},
        { [name]: '' },
        { [name]: 't=1;ts=1,v1=;h1=' },
        signed(system, `${body} `),
        signed(system, body, seconds, 'another secret'),
        signed(system, body, seconds - 301),
        signed(system, body, seconds + 301),
        { [name]: (signed(system, body, seconds)[name] ?? '').replace(/\d+/, String(seconds + 1)) },
      ] as Record<string, string>[])
        expect({ system, headers, status: await post(`/${system}`, body, headers) }).toMatchObject({ status: 401 });
    }
    expect(await kinds('sub_S1')).toEqual([]);
    expect(await post('/other', body, signed('stripe', body))).toBe(404);
    const large = 'x'.repeat(1024 * 1024 + 1);
    expect(await post('/stripe', large, signed('stripe', large))).toBe(413);
  });

  it('accepts the example of a signature that Paddle publishes with its library', async () => {
    const { isSignedByPaddle } = (await import(`${FOLDER}/signatures.mjs`)) as {
      isSignedByPaddle: (body: string, header: string, secret: string, nowMs: number) => boolean;
    };
    const header = 'ts=1698796800;h1=a300428748dce5c70e4da19bffd60769591ea969c99dea3105d0ec9612cf43f9';
    const check = (body: string, nowMs = 1_698_796_800_000) => isSignedByPaddle(body, header, 'VALID_SECRET', nowMs);
    expect(check('{"data": ["1", "2"]}')).toBe(true);
    expect(check('{"data":["1","2"]}')).toBe(false);
    expect(check('{"data": ["1", "2"]}', 1_698_796_831_000)).toBe(false);
  });

  it('lets the license follow a subscription of Stripe through its life', async () => {
    await subscribe('sub_S1');
    await deliver('stripe', 'subscription_created');
    await deliver('stripe', 'first_invoice_paid');
    expect(await license()).toMatchObject({ expiry_date: at(30), max_activations: 3, template_id: 'basic' });
    await deliver('stripe', 'quantity_updated');
    await deliver('stripe', 'plan_updated');
    expect(await license()).toMatchObject({ expiry_date: at(30), max_activations: 7, template_id: 'team' });
    // Out of order: the payment arrives before its failure.
    await deliver('stripe', 'invoice_paid');
    await deliver('stripe', 'payment_failed');
    await deliver('stripe', 'past_due');
    await deliver('stripe', 'recovered');
    expect((await api.get('/v1/subscriptions/sub_S1')).body).toMatchObject({ status: 'ACTIVE', period_end: at(60) });
    expect(await license()).toMatchObject({ expiry_date: at(60) });
    await deliver('stripe', 'cancel_scheduled');
    expect(await license()).toMatchObject({ grace_period_days: 0 });
    await deliver('stripe', 'cancel_withdrawn');
    await deliver('stripe', 'partly_refunded');
    expect(await license()).toMatchObject({ grace_period_days: 10, held_by_subscription: false });
    await deliver('stripe', 'refunded');
    await deliver('stripe', 'disputed');
    expect(asked).toEqual(['pi_1', 'pi_1']);
    expect(await license()).toMatchObject({ status: 'SUSPENDED', held_by_subscription: true });
    await deliver('stripe', 'dispute_won');
    await deliver('stripe', 'paused');
    expect((await api.get('/v1/subscriptions/sub_S1')).body).toMatchObject({ hold: 'PAUSED' });
    await deliver('stripe', 'resumed');
    await deliver('stripe', 'deleted');
    await deliver('stripe', 'customer_updated');
    expect((await api.get('/v1/subscriptions/sub_S1')).body).toMatchObject({ ends_at: at(50), hold: null });
    const all = await kinds('sub_S1');
    for (const name of Object.keys(STRIPE).filter((name) => name !== 'trial_created')) await deliver('stripe', name);
    expect(await kinds('sub_S1')).toEqual(all);
  });

  it('lets the license follow a subscription of Paddle through its life', async () => {
    await subscribe('sub_P1');
    for (const name of ['activated', 'created', 'first_transaction']) await deliver('paddle', name);
    expect(await license()).toMatchObject({ expiry_date: at(30, '123'), max_activations: 3, template_id: 'basic' });
    await deliver('paddle', 'quantity_updated');
    await deliver('paddle', 'plan_updated');
    // The period of an invoice that is not paid counts for nothing.
    await deliver('paddle', 'renewal_updated');
    await deliver('paddle', 'past_due');
    expect(await license()).toMatchObject({ expiry_date: at(30, '123'), max_activations: 7, template_id: 'team' });
    expect((await api.get('/v1/subscriptions/sub_P1')).body).toMatchObject({ status: 'PAST_DUE' });
    await deliver('paddle', 'renewed');
    expect(await license()).toMatchObject({ expiry_date: at(60, '123') });
    await deliver('paddle', 'cancel_scheduled');
    expect(await license()).toMatchObject({ grace_period_days: 0 });
    for (const name of ['cancel_withdrawn', 'refund_pending', 'partly_refunded']) await deliver('paddle', name);
    expect(await license()).toMatchObject({ grace_period_days: 10, held_by_subscription: false });
    await deliver('paddle', 'refunded');
    await deliver('paddle', 'charged_back');
    expect(await license()).toMatchObject({ status: 'SUSPENDED', held_by_subscription: true });
    await deliver('paddle', 'chargeback_reversed');
    await deliver('paddle', 'paused');
    expect((await api.get('/v1/subscriptions/sub_P1')).body).toMatchObject({ hold: 'PAUSED' });
    await deliver('paddle', 'resumed');
    expect(await license()).toMatchObject({ held_by_subscription: false, expiry_date: at(75, '123') });
    await deliver('paddle', 'canceled');
    expect((await api.get('/v1/subscriptions/sub_P1')).body).toMatchObject({ ends_at: at(50, '123') });
  });

  it('begins a trial', async () => {
    await subscribe('sub_S1');
    await api.create('/v1/subscriptions', { subscription_id: 'sub_P1', customer_id: 'c', template_id: 'basic' });
    await deliver('stripe', 'trial_created');
    await deliver('paddle', 'trialing');
    for (const id of ['sub_S1', 'sub_P1'])
      expect((await api.get(`/v1/subscriptions/${id}`)).body).toMatchObject({ status: 'TRIALING' });
  });

  it('asks for another delivery while the subscription does not exist, and answers a known event that was translated otherwise', async () => {
    const body = JSON.stringify(STRIPE.subscription_created);
    expect(await post('/stripe', body, signed('stripe', body))).toBe(503);
    expect(logged[0]).toBe('evt_S01/activated: 404 SUBSCRIPTION_NOT_FOUND');
    await subscribe('sub_S1');
    logged.length = 0;
    await deliver('stripe', 'subscription_created');
    const other = body.replaceAll('"quantity":3', '"quantity":4');
    expect(await post('/stripe', other, signed('stripe', other))).toBe(204);
    expect(logged).toEqual(['evt_S01/activated: 409 BILLING_EVENT_CONFLICT']);
    expect(await license()).toMatchObject({ max_activations: 3 });
  });

  it('finds the subscription of a payment at Stripe', async () => {
    const { stripeLookup } = (await import(`${FOLDER}/stripe.mjs`)) as Lookup;
    const requests: string[] = [];
    const stripe = createServer((request, response) => {
      requests.push(`${request.headers.authorization} ${decodeURIComponent(request.url ?? '')}`);
      const invoice = (STRIPE.invoice_paid!.data as Wire).object as unknown;
      const payments = request.url?.includes('pi_1') ? [{ object: 'invoice_payment', invoice: 'in_2' }] : [];
      response.end(JSON.stringify(request.url?.includes('/invoices/') ? invoice : { object: 'list', data: payments }));
    });
    await new Promise<void>((listening) => stripe.listen(0, '127.0.0.1', listening));
    const find = stripeLookup('rk_test', `http://127.0.0.1:${(stripe.address() as AddressInfo).port}`);
    expect(await find('pi_1')).toBe('sub_S1');
    expect(await find('pi_2')).toBeNull();
    expect(requests.slice(0, 2)).toEqual([
      'Bearer rk_test /v1/invoice_payments?payment[type]=payment_intent&payment[payment_intent]=pi_1&limit=1',
      'Bearer rk_test /v1/invoices/in_2',
    ]);
    await new Promise((closed) => stripe.close(closed));
  });
});
