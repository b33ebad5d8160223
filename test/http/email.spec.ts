import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Api, Wire } from '../support/api.js';
import { TestApp } from '../support/app.js';
import { TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { everythingStored } from '../support/everything-stored.js';
import { Reply, TestRelay, type Received } from '../support/relay.js';

const MESSAGES = '/v1/email-messages';
const LIMIT = 40;
const QUICK = {
  EMAIL_FROM: 'Vendor <licenses@vendor.example>',
  EMAIL_LIMIT_PER_HOUR: String(LIMIT),
  EMAIL_INTERVAL_MS: '30',
  EMAIL_RETRY_MS: '30',
  EMAIL_ATTEMPT_TIMEOUT_MS: '3000',
};

describe('e-mail', () => {
  let app: TestApp;
  let relay: TestRelay;
  let api: Api;
  let license: Wire;

  beforeAll(async () => {
    relay = await TestRelay.start();
    app = await TestApp.start({ environment: { ...QUICK, SMTP_URL: relay.url } });
  });

  beforeEach(async () => {
    relay.onRecipient = () => undefined;
    relay.onMessage = () => undefined;
    api = await app.tenant();
    await api.create('/v1/customers', { customer_id: 'jane', first_name: 'Jane', email: 'Jane@Example.com' });
    const template = await api.template({ max_activations: 5, default_duration: 365 });
    license = await api.issue(template, { customer_id: 'jane' });
  });

  afterAll(async () => {
    await app.stop();
    await relay.stop();
  });

  const send = (body: Wire, by = api) => by.post(MESSAGES, { license_id: license.license_id, ...body });
  const queue = async (body: Wire): Promise<string> => {
    const response = await send(body);
    expect(response).toMatchObject({ status: 201, body: { email_message_id: expect.any(String) } });
    return response.body.email_message_id as string;
  };
  const get = async (id: string): Promise<Wire> => (await api.get(`${MESSAGES}/${id}`)).body;
  const ended = (id: string, status: string): Promise<Wire> =>
    eventually(async () => {
      const message = await get(id);
      expect(message.status).toBe(status);
      return message;
    });
  const eventsOf = (type: string, count = 1): Promise<Wire[]> =>
    eventually(async () => {
      const { data } = (await api.get(`/v1/license-events?event_type=${type}`)).body;
      expect(data).toHaveLength(count);
      return data as Wire[];
    });
  const reminder = { template: 'renewal_reminder' };

  it('brings a license key to the customer of the license, records it, and leaves it in no table and no log', async () => {
    const log = app.recordLog();
    const id = await queue({ template: 'license_issued' });
    const message = await ended(id, 'SENT');
    app.silence();
    expect(message).toMatchObject({
      to: 'Jane@Example.com',
      customer_id: 'jane',
      reason: null,
      attempts: [{ number: 1, outcome: 'SENT', response_code: 250 }],
    });
    const [mail] = relay.received.filter(({ messageId }) => messageId === message.message_id) as [Received];
    expect(mail).toMatchObject({ from: 'licenses@vendor.example', to: 'Jane@example.com' });
    expect(mail.subject).toBe('Your license for Product');
    const [, text = '', html = ''] = mail.text.split('Content-Type: text/');
    for (const body of [text, html]) {
      expect(body).toContain(license.license_key);
      expect(body).toContain('Hello Jane');
      expect(body).toMatch(/Activations\W[^\d]*5/);
    }
    expect(await eventsOf('license.key_revealed')).toMatchObject([
      { license_id: license.license_id, actor: { type: 'api_key' } },
    ]);
    const stored = await everythingStored(app.database, app.secrets);
    // The answer to the issue request is stored without the license key.
    expect(stored).not.toContain(license.license_key);
    expect(JSON.stringify(log)).not.toContain(license.license_key);
    expect(stored.toLowerCase()).not.toMatch(/email_messages .*jane@example/);
    const listed = await api.get(`${MESSAGES}?license_id=${license.license_id}&status=SENT`);
    expect(listed.body.data).toMatchObject([{ email_message_id: id, to: 'Jane@Example.com' }]);
  });

  it('answers a repeated request with the same message, which is sent once', async () => {
    const headers = { 'Idempotency-Key': 'mail-1' };
    const body = { license_id: license.license_id, ...reminder };
    const [first, second] = [await api.post(MESSAGES, body, headers), await api.post(MESSAGES, body, headers)];
    expect(second.body).toEqual(first.body);
    const { message_id } = await ended(first.body.email_message_id as string, 'SENT');
    expect(relay.received.filter(({ messageId }) => messageId === message_id)).toHaveLength(1);
    expect((await api.get(MESSAGES)).body.data).toHaveLength(1);
  });

  it('gives no license key to who may not see it, nor to another address, nor without one', async () => {
    const sender = await app.key(api.tenantId, ['emails:send']);
    expect(await send({ template: 'license_issued' }, sender)).toMatchObject({
      status: 403,
      body: { detail: 'Permission licenses:reveal-key is required.' },
    });
    expect((await send(reminder, sender)).status).toBe(201);
    expect(await send({ template: 'license_issued', to: 'other@example.com' })).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '/to' }] },
    });
    await ended(await queue({ template: 'license_issued', to: 'JANE@example.com' }), 'SENT');
    await api.patch('/v1/customers/jane', { email: null });
    expect((await send({ template: 'license_issued', to: 'jane@example.com' })).body.code).toBe(
      'EMAIL_RECIPIENT_MISSING',
    );
    expect((await send(reminder)).body.code).toBe('EMAIL_RECIPIENT_MISSING');
  });

  it('does not bring a license key to a customer who no longer has the license when it is sent', async () => {
    let isDown = true;
    relay.onRecipient = () => {
      if (isDown) throw new Reply(451, 'later');
    };
    const id = await queue({ template: 'license_issued' });
    await eventually(async () => expect((await get(id)).attempt_count).toBeGreaterThan(0));
    await api.create('/v1/customers', { customer_id: 'john', first_name: 'John', email: 'john@example.com' });
    await api.post(`/v1/licenses/${license.license_id}/transfer`, { customer_id: 'john' });
    isDown = false;
    expect(await ended(id, 'FAILED')).toMatchObject({ reason: 'RECIPIENT_CHANGED' });
  });

  it('refuses line breaks in values, unknown variables and missing resources', async () => {
    const order = { template: 'order_confirmation', order_id: 'o-1', to: 'jane@example.com', license_id: undefined };
    const faults = [
      [{ ...order, variables: { order_number: 'a\r\nBcc: everybody@example.com' } }, '/variables/order_number'],
      [{ ...order, variables: { license_key: 'A' } }, '/variables/license_key'],
      [{ ...order, variables: { order_total: [{ name: 'x' }] } }, '/variables/order_total'],
      [{ ...order, variables: { order_lines: [{ cost: 'x' }] } }, '/variables/order_lines'],
      [{ ...order, order_id: undefined }, '/order_id'],
      [{ ...reminder, to: 'a@example.com, b@example.com' }, '/to'],
    ] as const;
    for (const [body, pointer] of faults) {
      expect(await send(body)).toMatchObject({ status: 400, body: { errors: [{ pointer }] } });
    }
    expect((await send({ ...reminder, license_id: api.tenantId })).status).toBe(400);
    expect((await send({ template: 'partner_welcome', partner_id: 'p' })).body.code).toBe('EMAIL_PARTNER_NOT_FOUND');
    const lines = [{ name: '<b>Team</b>', quantity: '2', price: '20.00 USD' }];
    const id = await queue({ ...order, variables: { order_number: '17', order_lines: lines } });
    const { message_id } = await ended(id, 'SENT');
    const mail = relay.received.find(({ messageId }) => messageId === message_id);
    expect(mail?.subject).toBe('Your order 17');
    expect(mail?.text).toContain('2 × <b>Team</b>: 20.00 USD');
    expect(mail?.text).toContain('<td>&lt;b&gt;Team&lt;&#x2F;b&gt;</td>');
  });

  it('tries again after 4xx and dropped connections, with one Message-ID, and keeps the answers', async () => {
    let attempts = 0;
    relay.onRecipient = () => {
      attempts++;
      if (attempts <= 2) throw new Reply(451, `greylisted ${attempts}`);
      // A connection that may have been idle is replaced once without an attempt of its own.
      if (attempts === 3 || attempts === 4) relay.drop();
    };
    const message = await ended(await queue(reminder), 'SENT');
    expect(message.attempts).toMatchObject([
      { number: 1, outcome: 'DEFERRED', response_code: 451, response: expect.stringContaining('greylisted 1') },
      { number: 2, outcome: 'DEFERRED', response_code: 451 },
      { number: 3, outcome: 'UNREACHABLE', response_code: null, response: expect.any(String) },
      { number: 4, outcome: 'SENT' },
    ]);
    expect(relay.received.filter(({ messageId }) => messageId === message.message_id)).toHaveLength(1);
    expect(await eventsOf('email_message.sent')).toMatchObject([{ event_data: { attempt_count: 4, status: 'SENT' } }]);
  });

  it('sends again with its Message-ID what the relay took without an answer', async () => {
    let isFirst = true;
    relay.onMessage = () => {
      if (isFirst) relay.drop();
      isFirst = false;
    };
    const { message_id } = await ended(await queue(reminder), 'SENT');
    expect(relay.received.filter(({ messageId }) => messageId === message_id)).toHaveLength(2);
  });

  it('ends a message that the relay refuses for good, with its reason, and sends it anew on request', async () => {
    relay.onRecipient = () => {
      throw new Reply(550, 'no such user here');
    };
    const id = await queue(reminder);
    const message = await ended(id, 'FAILED');
    expect(message).toMatchObject({ reason: 'RELAY_REFUSED', next_attempt_at: null });
    expect(message.attempts.at(-1)).toMatchObject({ outcome: 'REFUSED', response_code: 550 });
    expect(message.attempts.at(-1).response).toContain('no such user here');
    await eventsOf('email_message.failed');
    relay.onRecipient = () => undefined;
    const again = await api.post(`${MESSAGES}/${id}/resend`);
    expect(again.status).toBe(201);
    const resent = await ended(again.body.email_message_id as string, 'SENT');
    expect(resent).toMatchObject({ resend_of: id, template: 'renewal_reminder' });
    expect(resent.message_id).not.toBe(message.message_id);
  });

  it('lets slow recipients of one tenant hold up neither another tenant nor more than three connections', async () => {
    const slow: (() => void)[] = [];
    relay.onRecipient = (address) =>
      address.startsWith('slow') ? new Promise<void>((go) => slow.push(go)) : undefined;
    const ids = await Promise.all(
      Array.from({ length: 6 }, (_, at) => queue({ ...reminder, to: `slow${at}@example.com` })),
    );
    await eventually(() => expect(slow).toHaveLength(3));
    const other = await app.tenant();
    const { license_id } = await other.issue(await other.template());
    const { email_message_id } = await other.create(MESSAGES, { ...reminder, license_id, to: 'quick@example.com' });
    await eventually(async () => expect((await other.get(`${MESSAGES}/${email_message_id}`)).body.status).toBe('SENT'));
    expect(slow).toHaveLength(3);
    expect((await api.post(`${MESSAGES}/${ids[0]}/cancel`)).status).toBe(409);
    await eventually(async () => {
      for (const go of slow) go();
      for (const id of ids) expect((await get(id)).status).toBe('SENT');
    });
  });

  it('cancels what waits, once', async () => {
    relay.onRecipient = () => {
      throw new Reply(451, 'later');
    };
    const id = await queue(reminder);
    // A message cannot be cancelled while an attempt runs.
    await eventually(async () => expect((await api.post(`${MESSAGES}/${id}/cancel`)).status).toBe(200));
    expect(await get(id)).toMatchObject({ status: 'CANCELLED', reason: 'CANCELLED_BY_REQUEST' });
    expect((await api.post(`${MESSAGES}/${id}/cancel`)).body.code).toBe('EMAIL_MESSAGE_STATE');
    await eventsOf('email_message.cancelled');
  });

  it('queues no more than the limit of an hour, however many ask at once', async () => {
    const answers = await Promise.all(Array.from({ length: LIMIT + 10 }, () => send(reminder)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(LIMIT);
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(10);
    expect(refused[0]?.body.code).toBe('EMAIL_LIMIT_REACHED');
    expect(Number(refused[0]?.headers['retry-after'])).toBeGreaterThan(3_000);
    await app.database.query(
      `UPDATE email_messages SET created_at = created_at - interval '61 minutes' WHERE tenant_id = $1`,
      [api.tenantId],
    );
    expect((await send(reminder)).status).toBe(201);
  });

  it('lets expire, visibly, what waited for 7 days', async () => {
    relay.onRecipient = () => {
      throw new Reply(451, 'later');
    };
    const id = await queue(reminder);
    const { created_at, expires_at } = await get(id);
    expect(Date.parse(expires_at as string) - Date.parse(created_at as string)).toBe(7 * 24 * 60 * 60 * 1000);
    await app.database.query(`UPDATE email_messages SET expires_at = now() WHERE email_message_id = $1`, [id]);
    expect(await ended(id, 'EXPIRED')).toMatchObject({ reason: 'RELAY_DEFERRED' });
    await eventsOf('email_message.expired');
  });

  it('keeps what no process can send until one can, and two processes send each message once', async () => {
    const database = await TestDatabase.create();
    const waiting = await TestApp.start({ database, environment: QUICK });
    const started: TestApp[] = [waiting];
    try {
      const tenant = await waiting.tenant();
      const { license_id } = await tenant.issue(await tenant.template());
      const ids: string[] = [];
      for (let at = 0; at < 20; at++) {
        const message = { ...reminder, license_id, to: `both${at}@example.com` };
        ids.push((await tenant.create(MESSAGES, message)).email_message_id as string);
      }
      expect((await tenant.get(`${MESSAGES}/${ids[0]}`)).body).toMatchObject({
        status: 'QUEUED',
        reason: 'SMTP_NOT_CONFIGURED',
        attempts: [],
      });
      const { secrets } = waiting;
      const environment = { ...QUICK, SMTP_URL: relay.url };
      started.push(...(await Promise.all([1, 2].map(() => TestApp.start({ database, secrets, environment })))));
      await eventually(async () => {
        const sent = (await tenant.get(`${MESSAGES}?status=SENT&limit=100`)).body.data;
        expect(sent).toHaveLength(ids.length);
      });
      const received = relay.received.filter(({ to }) => to.startsWith('both'));
      expect(received.map(({ to }) => to).sort()).toEqual(ids.map((_, at) => `both${at}@example.com`).sort());
    } finally {
      for (const one of started.reverse()) await one.stop();
      await database.drop();
    }
  });
});
