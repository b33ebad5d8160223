import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { SmtpRelay } from '../../src/notifications/sending/smtp-relay.js';
import type { Api, Wire } from '../support/api.js';
import { TestApp } from '../support/app.js';
import { TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { TENANT_ROLES } from '../../src/shared/access/permissions.js';
import { everythingStored, traces } from '../support/everything-stored.js';
import { Reply, TestRelay, type Received } from '../support/relay.js';

const MESSAGES = '/v1/email-messages';
const DAY_MS = 24 * 60 * 60 * 1000;
const LIMIT = 40;
const QUICK = {
  EMAIL_FROM_DOMAINS: 'brand.example',
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
    expect(stored).toContain('e-mail {"to":"Jane@Example.com"');
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
    relay.onRecipient = () => {
      throw new Reply(451, 'later');
    };
    const id = await queue({ template: 'license_issued' });
    await eventually(async () => expect((await get(id)).attempt_count).toBeGreaterThan(0));
    await api.create('/v1/customers', { customer_id: 'john', first_name: 'John', email: 'john@example.com' });
    await api.post(`/v1/licenses/${license.license_id}/transfer`, { customer_id: 'john' });
    expect(await ended(id, 'FAILED')).toMatchObject({ reason: 'RECIPIENT_CHANGED' });
  });

  it('nor to one whose license gets another customer while the message is made', async () => {
    await api.create('/v1/customers', { customer_id: 'john', first_name: 'John', email: 'john@example.com' });
    let transferred: Promise<unknown> | undefined;
    // Messages of other tests may still be sent: the license changes once the attempt of this tenant's message has begun.
    const reach = jest.spyOn(SmtpRelay.prototype, 'reach').mockImplementation(async () => {
      const [message] = (await api.get(MESSAGES)).body.data as Wire[];
      if (message?.attempt_count > 0)
        await (transferred ??= api.post(`/v1/licenses/${license.license_id}/transfer`, { customer_id: 'john' }));
      return undefined;
    });
    const id = await queue({ template: 'license_issued' });
    expect(await ended(id, 'FAILED')).toMatchObject({ reason: 'RECIPIENT_CHANGED', attempt_count: 1 });
    reach.mockRestore();
    expect(relay.received.filter(({ text }) => text.includes(license.license_key as string))).toEqual([]);
  });

  it('brings a partner the key of its own license, at its present address, and that of nobody else', async () => {
    const template = await api.template();
    const partnerOf = async (name: string) => {
      const { partner_id } = await api.create('/v1/partners', { name, email: `${name}@partner.example` });
      await api.post(`/v1/partners/${partner_id}/approve`, {});
      const own = await api.create(`/v1/partners/${partner_id}/issue-license`, { license_template_id: template });
      return { partner_id: partner_id as string, ...(own as { license_id: string; license_key: string }) };
    };
    const north = await partnerOf('north');
    const south = await partnerOf('south');
    const welcome = { template: 'partner_welcome', partner_id: north.partner_id, license_id: north.license_id };
    const body = '{{partner_name}}: {{license_key}}';
    const texts = { subject: 'Welcome {{partner_name}}', text: body, html: `<p>${body}</p>` };
    expect((await api.send('put', '/v1/email-templates/partner_welcome/en', texts)).status).toBe(200);

    const sender = await app.key(api.tenantId, ['emails:send']);
    expect((await send(welcome, sender)).body.code).toBe('PERMISSION_DENIED');
    expect((await send({ ...welcome, license_id: south.license_id })).body.code).toBe('EMAIL_RECIPIENT_MISSING');
    expect((await send({ ...welcome, to: 'other@partner.example' })).body.errors).toMatchObject([{ pointer: '/to' }]);

    const log = app.recordLog();
    relay.onRecipient = (address) => {
      if (address.startsWith('north')) throw new Reply(451, 'later');
    };
    const id = await queue(welcome);
    const { text: shown } = (await api.get(`${MESSAGES}/${id}/preview`)).body;
    expect(shown).toContain(`north: XXXX-XXXX-XXXX-XXXX-${north.license_key.slice(-4)}`);
    await api.patch(`/v1/partners/${north.partner_id}`, { email: 'moved@partner.example' });
    expect(await ended(id, 'SENT')).toMatchObject({ to: 'moved@partner.example', partner_id: north.partner_id });
    app.silence();

    const [mail, ...others] = relay.received.filter(({ text }) => text.includes(north.license_key));
    expect(others).toEqual([]);
    expect(mail).toMatchObject({ to: 'moved@partner.example', subject: 'Welcome north' });
    expect(mail?.text).toContain(`north: ${north.license_key}`);
    const revealed = await eventually(async () => {
      const { data } = (await api.get('/v1/license-events?event_type=license.key_revealed')).body;
      expect(data.length).toBeGreaterThan(0);
      return data as Wire[];
    });
    expect(revealed.every(({ license_id }) => license_id === north.license_id)).toBe(true);
    const stored = `${await everythingStored(app.database, app.secrets)}${JSON.stringify(log)}`;
    expect(stored).not.toContain(north.license_key);
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

  it('uses the name, the address for answers and the address of the sender that the tenant and the operator allow', async () => {
    const emails = { sender_name: 'Example Software', reply_to: 'help@brand.example', from: 'sales@brand.example' };
    expect(await api.patch('/v1/settings', { emails: { from: 'sales@other.example' } })).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '/emails/from' }] },
    });
    expect((await api.patch('/v1/settings', { emails: { sender_name: 'A\r\nBcc: b@example.com' } })).status).toBe(400);
    expect((await api.patch('/v1/settings', { emails })).body.emails).toMatchObject({
      ...emails,
      reminder_days: [30, 7, 1],
    });
    const { message_id } = await ended(await queue(reminder), 'SENT');
    const [mail] = relay.received.filter(({ messageId }) => messageId === message_id);
    expect(mail).toMatchObject({ from: 'sales@brand.example' });
    expect(mail?.text).toMatch(/^From: Example Software <sales@brand.example>\r$/m);
    expect(mail?.text).toMatch(/^Reply-To: help@brand.example\r$/m);
    expect(message_id).toMatch(/@brand.example>$/);
    expect((await api.patch('/v1/settings', { emails: { sender_name: null } })).body.emails).toMatchObject({
      sender_name: null,
      reply_to: 'help@brand.example',
    });
  });

  describe('texts of a tenant', () => {
    const texts = { subject: 'Olá {{customer_name}}', text: '{{product_name}}', html: '<b>{{product_name}}</b>' };
    const path = (language: string, template = 'renewal_reminder') => `/v1/email-templates/${template}/${language}`;
    const put = (language: string, body: Wire, by = api) => by.send('put', path(language), body);

    it('apply in the language of the customer, its base language or English, and to this tenant alone', async () => {
      await api.patch('/v1/customers/jane', { language: 'pt-BR' });
      expect(await put('pt', texts)).toMatchObject({ status: 200, body: { ...texts, version: 1 } });
      expect((await put('pt', texts)).body.version).toBe(1);
      const { message_id, language } = await ended(await queue(reminder), 'SENT');
      expect(language).toBe('pt-BR');
      const [mail] = relay.received.filter(({ messageId }) => messageId === message_id);
      expect(mail?.text).toContain('<b>Product</b>');
      expect((await api.get(path('pt-BR'))).body).toMatchObject({ language: 'pt', built_in: false, ...texts });
      expect((await api.get(path('fr'))).body).toMatchObject({ language: 'en', built_in: true, version: null });
      expect((await (await app.tenant()).get(path('pt'))).body).toMatchObject({ language: 'en', built_in: true });
      expect((await put('en', { ...texts, subject: 'Hi' })).status).toBe(200);
      expect((await api.get(path('fr'))).body).toMatchObject({ built_in: false, subject: 'Hi' });
      expect((await api.get('/v1/email-templates?language=pt')).body.data).toHaveLength(1);
      expect((await api.send('delete', path('pt'), undefined, { 'If-Match': '"9"' })).status).toBe(412);
      expect((await api.send('delete', path('pt'))).status).toBe(200);
      expect((await api.send('delete', path('pt'))).body.code).toBe('EMAIL_TEMPLATE_NOT_FOUND');
      expect(await eventsOf('email_template.updated', 2)).toMatchObject([{ resource_id: 'renewal_reminder/pt' }, {}]);
      await eventsOf('email_template.deleted');
    });

    it('are refused with unknown or unescaped variables, other templates, changed delimiters and more than a line of subject', async () => {
      const faults: [Wire, string, string][] = [
        [{ html: '{{nonsense}}' }, '/html', 'nonsense'],
        [{ html: '{{customer_name.constructor}}' }, '/html', 'unknown variable'],
        [{ html: '{{{customer_name}}}' }, '/html', 'unescaped'],
        [{ text: '{{&customer_name}}' }, '/text', 'unescaped'],
        [{ text: '{{>other}}' }, '/text', 'partials'],
        [{ text: '{{=<% %>=}}' }, '/text', 'delimiters'],
        [{ text: '{{#customer_name}}' }, '/text', 'Mustache'],
        [{ subject: 'a\r\nBcc: b@example.com' }, '/subject', 'line breaks'],
        [{ subject: '{{order_total}}' }, '/subject', 'order_total'],
      ];
      for (const [part, pointer, detail] of faults) {
        expect(await put('en', { ...texts, ...part })).toMatchObject({
          status: 400,
          body: { errors: [{ pointer, detail: expect.stringContaining(detail) }] },
        });
      }
      await api.patch('/v1/customers/jane', { first_name: 'Jane\r\nBcc: b@example.com' });
      await put('en', texts);
      const { message_id } = await ended(await queue(reminder), 'SENT');
      const [mail] = relay.received.filter(({ messageId }) => messageId === message_id);
      expect(mail?.text).not.toMatch(/^Bcc/m);
    });

    it('name a license key only by who may see it, and bring it to nobody for whom it was not asked', async () => {
      const manager = await app.key(api.tenantId, ['emails:manage', 'emails:send', 'emails:read']);
      const withKey = { ...texts, text: '{{license_key}}' };
      expect((await put('en', withKey, manager)).body.code).toBe('PERMISSION_DENIED');
      let isDown = true;
      relay.onRecipient = () => {
        if (isDown) throw new Reply(451, 'later');
      };
      const id = (await send(reminder, manager)).body.email_message_id as string;
      await eventually(async () => expect((await get(id)).attempt_count).toBeGreaterThan(0));
      expect((await put('en', withKey)).status).toBe(200);
      expect((await put('en', { ...withKey, subject: 'B' }, manager)).status).toBe(200);
      expect(await ended(id, 'FAILED')).toMatchObject({ reason: 'KEY_NOT_PERMITTED' });
      isDown = false;
      expect((await send(reminder, manager)).body.code).toBe('PERMISSION_DENIED');
      const allowed = await ended(await queue(reminder), 'SENT');
      const [mail] = relay.received.filter(({ messageId }) => messageId === allowed.message_id);
      expect(mail?.text).toContain(license.license_key);
    });

    it('can be seen before they are used, with license keys masked', async () => {
      const preview = await api.post(`${path('en', 'license_issued')}/preview`, {
        html: '<i>{{customer_name}} {{license_key}}</i>',
        variables: { customer_name: '<Ada>' },
      });
      expect(preview.body.html).toBe('<i>&lt;Ada&gt; XXXX-XXXX-XXXX-XXXX</i>');
      expect((await api.post(`${path('en')}/preview`, { html: '{{x}}' })).status).toBe(400);
      const id = await queue({ template: 'license_issued' });
      const shown = (await api.get(`${MESSAGES}/${id}/preview`)).body;
      expect(shown.text).toContain(`License key: XXXX-XXXX-XXXX-XXXX-${(license.license_key as string).slice(-4)}`);
      expect(JSON.stringify(shown)).not.toContain(license.license_key);
      await ended(id, 'SENT');
    });
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

  it('gives back no text with a license key to who may not see it, by deleting another one', async () => {
    const path = '/v1/email-templates/license_issued/en';
    const texts = { subject: 'Hello', text: 'Hello', html: '<p>Hello</p>' };
    expect((await api.send('put', path, texts)).status).toBe(200);
    const manager = await app.key(api.tenantId, ['emails:manage', 'emails:read']);
    expect((await manager.send('delete', path)).body).toMatchObject({ status: 403, code: 'PERMISSION_DENIED' });
    expect((await api.get(path)).body.text).toBe('Hello');
    expect((await api.send('delete', path)).status).toBe(200);
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
    const held: string[] = [];
    relay.onRecipient = (address) => {
      if (!address.startsWith('slow')) return undefined;
      held.push(address);
      return new Promise<void>((go) => slow.push(go));
    };
    const ids = await Promise.all(
      Array.from({ length: 6 }, (_, at) => queue({ ...reminder, to: `slow${at}@example.com` })),
    );
    await eventually(() => expect(slow).toHaveLength(3));
    const other = await app.tenant();
    const { license_id } = await other.issue(await other.template());
    const { email_message_id } = await other.create(MESSAGES, { ...reminder, license_id, to: 'quick@example.com' });
    await eventually(async () => expect((await other.get(`${MESSAGES}/${email_message_id}`)).body.status).toBe('SENT'));
    expect(slow).toHaveLength(3);
    // Messages that were queued at once are sent in any order.
    const sending = ids[Number(/\d/.exec(held[0]!)?.[0])];
    expect((await api.post(`${MESSAGES}/${sending}/cancel`)).status).toBe(409);
    await eventually(async () => {
      for (const go of slow) go();
      for (const id of ids) expect((await get(id)).status).toBe('SENT');
    });
  });

  it('lets slow recipients of four tenants hold up no fifth one', async () => {
    const slow: (() => void)[] = [];
    relay.onRecipient = (address) =>
      address.startsWith('slow') ? new Promise<void>((go) => slow.push(go)) : undefined;
    const queued: [Api, string][] = [];
    for (let n = 0; n < 4; n++) {
      const tenant = await app.tenant();
      const { license_id } = await tenant.issue(await tenant.template());
      for (let m = 0; m < 4; m++) {
        const message = { ...reminder, license_id, to: `slow${m}@example.com` };
        queued.push([tenant, (await tenant.create(MESSAGES, message)).email_message_id as string]);
      }
    }
    await eventually(() => expect(slow.length).toBeGreaterThanOrEqual(5));
    const fifth = await app.tenant();
    const { license_id } = await fifth.issue(await fifth.template());
    const { email_message_id } = await fifth.create(MESSAGES, { ...reminder, license_id, to: 'fifth@example.com' });
    const held = slow.length;
    await eventually(async () => expect((await fifth.get(`${MESSAGES}/${email_message_id}`)).body.status).toBe('SENT'));
    expect(held).toBeLessThan(10);
    await eventually(async () => {
      for (const go of slow) go();
      for (const [tenant, id] of queued) expect((await tenant.get(`${MESSAGES}/${id}`)).body.status).toBe('SENT');
    });
  });

  it('waits twice as long after each attempt, and shows the last 100 attempts', async () => {
    relay.onRecipient = () => {
      throw new Reply(451, 'later');
    };
    const id = await queue(reminder);
    const message = await eventually(async () => {
      const found = await get(id);
      expect(found.attempts.length).toBeGreaterThanOrEqual(5);
      return found;
    });
    const [first, ...later] = message.attempts as Wire[];
    let earlier = first;
    for (const [n, attempt] of later.entries()) {
      const waited = Date.parse(attempt.started_at as string) - Date.parse(earlier.ended_at as string);
      expect(waited).toBeGreaterThanOrEqual(30 * 2 ** n - 1);
      earlier = attempt;
    }
    await app.database.query(
      `INSERT INTO email_attempts (tenant_id, attempt_id, email_message_id, number, started_at, ended_at, outcome)
       SELECT $1, gen_random_uuid(), $2, n, now(), now(), 'DEFERRED' FROM generate_series(1001, 1120) AS n`,
      [api.tenantId, id],
    );
    const { attempts } = await get(id);
    expect(attempts.map(({ number }: Wire) => number as number)).toEqual(
      Array.from({ length: 100 }, (_, n) => 1_021 + n),
    );
    await api.post(`${MESSAGES}/${id}/cancel`);
  });

  it('ends an attempt that takes too long, and a message that the relay refuses after its content', async () => {
    let release: () => void = () => undefined;
    relay.onRecipient = () => new Promise<void>((go) => (release = go));
    const late = await queue(reminder);
    const begun = Date.now();
    await eventually(async () => {
      const { attempts } = await get(late);
      expect(attempts[0]).toMatchObject({ outcome: 'UNREACHABLE', response_code: null });
    });
    expect(Date.now() - begun).toBeLessThan(10_000);
    relay.onRecipient = () => undefined;
    release();
    await ended(late, 'SENT');
    relay.onMessage = () => {
      throw new Reply(554, 'content not wanted');
    };
    const refused = await ended(await queue(reminder), 'FAILED');
    expect(refused).toMatchObject({ reason: 'RELAY_REFUSED', attempt_count: 1 });
    expect(refused.attempts).toMatchObject([{ outcome: 'REFUSED', response_code: 554 }]);
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

  it('sends no reminder for a suspended or revoked license, whoever asks for it, and also not when it is resent', async () => {
    const reminders = ['renewal_reminder', 'trial_ending', 'license_expired'];
    for (const change of ['suspend', 'revoke']) {
      const changed = await api.post(`/v1/licenses/${license.license_id}/${change}`, { reason: { code: 'OTHER' } });
      expect(changed.status).toBe(200);
      for (const template of reminders) {
        const id = await queue({ template });
        expect(await ended(id, 'CANCELLED')).toMatchObject({ reason: 'LICENSE_CHANGED', attempt_count: 0 });
        const again = (await api.post(`${MESSAGES}/${id}/resend`)).body.email_message_id as string;
        expect(await ended(again, 'CANCELLED')).toMatchObject({ reason: 'LICENSE_CHANGED', resend_of: id });
      }
    }
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

  it('brings a code of an invitation that is stored nowhere: each attempt makes another one, and the last one works', async () => {
    const { partner_id } = await api.create('/v1/partners', { name: 'Reseller', email: 'codes@partner.example' });
    await api.post(`/v1/partners/${partner_id}/approve`, {});
    const body = 'Code: {{invitation_code}}';
    await api.send('put', '/v1/email-templates/partner_welcome/en', { subject: 'Hello', text: body, html: body });
    const log = app.recordLog();
    let stored = '';
    relay.onMessage = async () => {
      stored += await everythingStored(app.database, app.secrets);
      if (relay.to('codes@partner.example').length === 1) throw new Reply(451, 'later');
    };
    const invite = { partner_id: partner_id as string, send_email: true };
    const key = { 'Idempotency-Key': 'invite' };
    const created = await api.post('/v1/partner-invitations', invite, key);
    expect(created).toMatchObject({ status: 201, body: { code: null, link: null, status: 'OPEN' } });
    const id = created.body.email_message_id as string;
    expect((await api.get(`${MESSAGES}/${id}/preview`)).body.text).toContain('Code: XXXX-XXXX-XXXX-XXXX');
    expect(await ended(id, 'SENT')).toMatchObject({ invitation_id: created.body.invitation_id, attempt_count: 2 });
    expect((await api.post('/v1/partner-invitations', invite, key)).body).toEqual(created.body);
    app.silence();
    const mails = relay.to('codes@partner.example');
    const codes = mails.map(({ text }) => /^Code: (\S+)$/m.exec(text)?.[1] ?? '');
    expect(new Set(codes).size).toBe(2);
    // With one Message-ID a mail program would show the first one, whose code has ended.
    expect(new Set(mails.map(({ messageId }) => messageId)).size).toBe(2);
    stored += (await everythingStored(app.database, app.secrets)) + JSON.stringify(log);
    expect(traces(stored, codes)).toEqual([]);
    await eventsOf('partner_invitation.sent', 2);
    const redeem = (code: string) => app.anonymous().post('/v1/partner-invitations:redeem', { code });
    expect((await redeem(codes[0] ?? '')).status).toBe(404);
    expect((await redeem(codes[1] ?? '')).status).toBe(201);
  });

  it('brings no code of an invitation that ended, nor one without the right to send or an address', async () => {
    const { partner_id } = await api.create('/v1/partners', { name: 'Reseller', email: 'gone@partner.example' });
    await api.post(`/v1/partners/${partner_id}/approve`, {});
    const body = 'Code: {{invitation_code}}';
    await api.send('put', '/v1/email-templates/partner_welcome/en', { subject: 'Hello', text: body, html: body });
    relay.onRecipient = () => {
      throw new Reply(451, 'later');
    };
    const invite = { partner_id: partner_id as string, send_email: true };
    const { invitation_id, email_message_id } = await api.create('/v1/partner-invitations', invite);
    await eventually(async () => expect((await get(email_message_id as string)).attempt_count).toBeGreaterThan(0));
    await api.post(`/v1/partner-invitations/${invitation_id}/withdraw`, {});
    relay.onRecipient = () => undefined;
    expect(await ended(email_message_id as string, 'CANCELLED')).toMatchObject({ reason: 'INVITATION_ENDED' });
    expect(relay.to('gone@partner.example')).toEqual([]);
    const inviter = await app.key(api.tenantId, ['partners:write', ...TENANT_ROLES.partner]);
    expect((await inviter.post('/v1/partner-invitations', invite)).body).toMatchObject({
      code: 'PERMISSION_DENIED',
      detail: 'Permission emails:send is required.',
    });
    expect(
      (
        await send({
          template: 'partner_welcome',
          partner_id,
          license_id: undefined,
          variables: { invitation_code: 'x' },
        })
      ).status,
    ).toBe(400);
    await api.patch(`/v1/partners/${partner_id}`, { email: null });
    expect((await api.post('/v1/partner-invitations', invite)).body.code).toBe('EMAIL_RECIPIENT_MISSING');
    const { data } = (await api.get('/v1/partner-invitations')).body;
    expect(data).toMatchObject([{ status: 'WITHDRAWN' }]);
  });

  it('waits, and says why, while its texts name a link and nobody has set PUBLIC_URL', async () => {
    const text = { subject: 'Order', text: 'See {{public_url}}/orders', html: '<p>{{order_id}}</p>' };
    await api.send('put', '/v1/email-templates/order_confirmation/en', text);
    const id = await queue({
      template: 'order_confirmation',
      order_id: 'o-1',
      license_id: undefined,
      to: 'jane@example.com',
    });
    await eventually(async () => expect((await get(id)).reason).toBe('PUBLIC_URL_NOT_CONFIGURED'));
    expect(await get(id)).toMatchObject({ status: 'QUEUED', attempt_count: 0 });
    const { partner_id } = await api.create('/v1/partners', { name: 'Reseller', email: 'reseller@partner.example' });
    await api.post(`/v1/partners/${partner_id}/approve`, {});
    const invite = { partner_id: partner_id as string, send_email: true };
    const { email_message_id: welcome } = await api.create('/v1/partner-invitations', invite);
    const { database, secrets } = app;
    const environment = { ...QUICK, SMTP_URL: relay.url, PUBLIC_URL: 'https://licenses.example/' };
    const linked = await TestApp.start({ database, secrets, environment });
    try {
      const { message_id } = await ended(id, 'SENT');
      const [mail] = relay.received.filter(({ messageId }) => messageId === message_id);
      expect(mail?.text).toContain('See https://licenses.example/orders');
      await ended(welcome as string, 'SENT');
      const [invitation] = relay.to('reseller@partner.example');
      const link = /^https:\/\/licenses\.example\/partner-invitation#\S+$/m.exec(invitation?.text ?? '')?.[0];
      const until = new Intl.DateTimeFormat('en', { dateStyle: 'long', timeZone: 'UTC' }).format(
        Date.now() + 7 * DAY_MS,
      );
      expect(invitation?.text).toContain(`until ${until}:\r\n${link}\r\n`);
      expect(invitation?.text.replaceAll('&#x2F;', '/')).toContain(`<a href="${link}">`);
    } finally {
      await linked.stop();
    }
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
