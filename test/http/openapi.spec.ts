import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { buildOpenApi } from '../../src/openapi.js';
import { unique, type Api, type Wire } from '../support/api.js';
import { IDLE_ENGINE, TestApp } from '../support/app.js';
import { exampleOf, operations, resolve, type Route } from '../support/openapi.js';

const OPEN = [
  '/health/live',
  '/health/ready',
  '/v1/client/{tenant_id}/jwks.json',
  '/v1/client/{tenant_id}/revocations',
  '/v1/partner-invitations:redeem',
];
/** Open to whoever has a valid key. */
const ANYBODY = ['/v1/me'];
const LISTS = 24;
/** Members of a schema that say nothing of its shape. */
const TEXTS = ['description', 'default', 'example', 'examples'];
const PLATFORM_ROLES = ['platform', 'monitor'];
/** Whose credential is a license key; test/http/client.spec.ts is about them. */
const CLIENT = '/v1/client/';
/** Whose credential is in the body or a cookie; test/http/sessions.spec.ts is about them. */
const SIGN_IN = '/auth/';

/** Start of a run, whose starter needs the permissions of the workflow as well. */
const RUN = {
  workflow: 'lead-to-customer',
  input: { lead: { email: 'jane@example.com' }, license_template_id: 'any' },
};
const NEEDS_MORE = ['post /v1/workflow-runs'];

/** Actions whose caller gives no reason, and why. Those of programs, under /v1/client/, have none: their events name the program. */
const WITHOUT_REASON: Readonly<Record<string, string>> = {
  signOut: 'ends the own session',
  confirmSession: 'confirms the own session',
  duplicateTemplate: 'makes another one',
  createCustomerNote: 'makes a note, which is the text itself',
  revealLicenseKey: 'reads',
  selectLicenses: 'reads',
  findLicenses: 'reads',
  explainLicense: 'reads',
  previewTemplate: 'reads',
  previewEmailTemplate: 'reads',
  importLicenses: 'makes licenses',
  resendPartnerInvitation: 'repeats',
  redeemPartnerInvitation: 'is that of whoever was invited',
  linkSubscription: 'connects',
  activateSigningKey: 'takes a key into use; signatures of the former one stay valid',
  sendQuote: 'goes on with the sale',
  acceptQuote: 'goes on with the sale',
  recordOrderPayment: 'is what happened, with its reference',
  fulfilOrder: 'goes on with the sale',
  signalWorkflowRun: 'goes on with the run',
  retryWorkflowRun: 'goes on with the run',
  resendEmail: 'repeats',
};
/** Fields of a PATCH that archive, suspend or end. */
const ENDING_FIELDS = ['active', 'status', 'cancel_at_period_end'];
/** Its effect is stored nowhere, so that no event carries its reason. */
const WITHOUT_EVENT = ['post /v1/licenses:preview'];

/** Routes that act within no tenant. */
const isOfPlatform = (path: string) => path.startsWith('/v1/tenants') || path === '/metrics';

describe('the OpenAPI document', () => {
  let app: TestApp;
  let ours: Api;
  let theirs: Api;
  /** Ids of another tenant's rows, by the name of the path parameter. */
  let foreign: Record<string, string>;

  beforeAll(async () => {
    app = await TestApp.start({ environment: IDLE_ENGINE });
    ours = await app.tenant();
    theirs = await app.tenant();
    const template_id = await theirs.template({ template_id: 'foreign-template' });
    const license = await theirs.issue(template_id);
    const device = { fingerprint: 'foreign' };
    const activation = (await theirs.post(`/v1/licenses/${license.license_id}/activations`, device)).body;
    const blocked = (
      await theirs.post(`/v1/licenses/${license.license_id}/blocked-devices`, { ...device, reason: { code: 'OTHER' } })
    ).body;
    const customer = await theirs.create('/v1/customers', { customer_id: 'foreign', last_name: 'Foreign' });
    const note = await theirs.create('/v1/customers/foreign/notes', { text: 'Foreign' });
    const key = await theirs.create('/v1/api-keys', { name: 'foreign', role: 'read-only' });
    const session = await app.anonymous().create('/auth/session', { api_key: theirs.key });
    const email = await theirs.create('/v1/email-messages', emailAbout(license.license_id as string));
    const subscription = await theirs.create('/v1/subscriptions', { customer_id: 'foreign', template_id });
    const signingKey = await theirs.create('/v1/signing-keys', {});
    const run = await theirs.post('/v1/workflow-runs', { ...RUN, run_id: 'foreign-run' });
    const sale = {
      customer_id: 'foreign',
      currency: 'EUR',
      lines: [{ kind: 'ISSUE', license_template_id: template_id, unit_price: 1 }],
    };
    const order = await theirs.create('/v1/orders', sale);
    const quote = await theirs.create('/v1/quotes', { ...sale, valid_until: '2099-01-01T00:00:00Z' });
    const partner = await theirs.create('/v1/partners', { name: 'Foreign' });
    const { partner_id } = partner as { partner_id: string };
    await theirs.post(`/v1/partners/${partner_id}/approve`, {});
    const pool = await theirs.create('/v1/license-pools', {
      partner_id,
      license_template_id: template_id,
      quantity: 1,
    });
    const invitation = await theirs.create('/v1/partner-invitations', { partner_id });
    foreign = {
      session_id: session.session_id as string,
      order_id: order.order_id as string,
      quote_id: quote.quote_id as string,
      run_id: run.body.run_id as string,
      signal: 'approved',
      partner_id,
      pool_id: pool.pool_id as string,
      invitation_id: invitation.invitation_id as string,
      kid: signingKey.kid as string,
      template_id,
      license_id: license.license_id as string,
      activation_id: activation.activation_id as string,
      blocked_device_id: blocked.blocked_device_id as string,
      product_id: license.product_id as string,
      customer_id: customer.customer_id as string,
      note_id: note.note_id as string,
      key_id: key.id as string,
      email_message_id: email.email_message_id as string,
      subscription_id: subscription.subscription_id as string,
    };
  });

  afterAll(() => app.stop());

  const all = () =>
    operations(app.document).filter(
      ({ path }) => !OPEN.includes(path) && !path.startsWith(CLIENT) && !path.startsWith(SIGN_IN),
    );
  const permissionOf = (operation: unknown) => (operation as Wire)['x-permission'] as string;
  /** Routes that act within the caller's tenant. */
  const ofTenants = () => all().filter(({ path }) => !isOfPlatform(path) && !ANYBODY.includes(path));
  const at = (path: string, ids = foreign) => path.replace(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? 'missing');
  const routeOf = (path: string, method: string) => {
    const route = operations(app.document).find((entry) => entry.path === path && entry.method === method);
    if (!route) throw new Error(`The document has no ${method} ${path}.`);
    return route;
  };
  const bodyOf = (path: string, method: string): Wire => exampleOf(app.document, routeOf(path, method)).body;
  const headersOf = (path: string, method: string) => exampleOf(app.document, routeOf(path, method)).headers;
  /** As the example of the document says, to the rows with these ids. */
  const call = (api: Api, method: string, path: string, ids = foreign) =>
    api.send(method as 'get', at(path, ids), bodyOf(path, method), headersOf(path, method));

  it('is OpenAPI 3.1, served as the build wrote it from these sources, and names every route once', async () => {
    const served = (await app.anonymous().get('/openapi.json')).body;
    expect(served.openapi).toBe('3.1.0');
    expect(served).toEqual(app.document);
    expect(JSON.parse(JSON.stringify(buildOpenApi(app.nest)))).toEqual(app.document);
    const ids = operations(app.document).map(({ operation }) => (operation as Wire).operationId as string);
    expect(ids.length).toBeGreaterThanOrEqual(20);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('names each operation by a verb and its resource, and describes it with its permission and the roles that have it', () => {
    const roles = (app.document as Wire)['x-roles'] as Record<string, string[]>;
    for (const { operation } of operations(app.document)) {
      const { operationId, summary, description = '' } = operation as Wire;
      expect(operationId).toMatch(/^[a-z]+[A-Z][A-Za-z]+$/);
      expect(summary).toMatch(/^[A-Z][^.;]*$/);
      expect(summary.split(' ').length).toBeLessThanOrEqual(8);
      expect(description).toMatch(/^[A-Z`].*\.$/s);
      const permission = permissionOf(operation);
      if (!permission) continue;
      const holders = Object.keys(roles).filter((role) => roles[role]?.includes(permission));
      expect(description).toContain(`\`${permission}\` (roles: ${holders.join(', ')}).`);
    }
  });

  it('says what keys, cursors, tenants and MAC addresses look like, and how a connection ends', () => {
    const parameters = operations(app.document).flatMap(
      ({ operation }) => ((operation as Wire).parameters ?? []) as { name: string; schema: { pattern?: string } }[],
    );
    for (const name of ['Idempotency-Key', 'X-Tenant-Id', 'tenant_id', 'cursor']) {
      const patterns = parameters.filter((parameter) => parameter.name === name).map(({ schema }) => schema.pattern);
      expect({ name, patterns }).not.toEqual({ name, patterns: [] });
      for (const pattern of patterns) expect(pattern).toMatch(/^\^.*\$$/);
    }
    const { schemas, responses } = app.document.components as Wire;
    expect(schemas.ValidateRequest.properties.mac.pattern).toMatch(/^\^.*\$$/);
    expect(Object.keys(responses as object)).toEqual(
      expect.arrayContaining(['RequestTimeout', 'ExpectationFailed', 'HeadersTooLarge']),
    );
  });

  it('resolves every reference', () => {
    const text = JSON.stringify(app.document);
    const references = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, $ref = '']) => $ref);
    expect(references.length).toBeGreaterThan(50);
    for (const $ref of new Set(references))
      expect({ $ref, found: resolve(app.document, { $ref }) }).toMatchObject({ found: {} });
  });

  it('writes out no enumeration and no object twice, but refers to it by its name', () => {
    const places = new Map<string, string[]>();
    const visit = (value: unknown, place: string): void => {
      if (typeof value !== 'object' || value === null) return;
      const { enum: values, properties } = value as { enum?: unknown[]; properties?: object };
      const isSchema = Array.isArray(values) ? values.length > 2 : properties && Object.keys(properties).length > 1;
      if (isSchema) {
        const content = JSON.stringify(value, (name, part: unknown) => (TEXTS.includes(name) ? undefined : part));
        places.set(content, [...(places.get(content) ?? []), place]);
      }
      for (const [name, part] of Object.entries(value)) visit(part, `${place}/${name}`);
    };
    visit({ ...app.document.components?.schemas, paths: app.document.paths }, '');
    expect(places.size).toBeGreaterThan(60);
    expect([...places.values()].filter((all) => all.length > 1)).toEqual([]);
  });

  it('has a description for each operation, tag, response, and field whose name does not say it', () => {
    const { tags = [], components } = app.document;
    expect(tags).toHaveLength(25);
    for (const tag of tags) expect(tag.description).toMatch(/\.$/);
    for (const { operation } of operations(app.document)) {
      for (const response of Object.values(operation.responses)) expect(response.description).toMatch(/./);
    }
    const schemas = Object.entries(components?.schemas ?? {}) as [string, Wire][];
    const names = schemas.map(([name]) => name);
    expect(names).toEqual(
      expect.arrayContaining(['LicenseStatus', 'LicenseType', 'LicenseModel', 'ActionReasonCode', 'ActivationStatus']),
    );
    expect(names).toEqual(expect.arrayContaining(['ValidationCode', 'ProblemCode', 'SigningKeyState', 'TokenFault']));
    for (const [, { properties = {} }] of schemas) {
      for (const field of Object.values(properties as Record<string, Wire>)) {
        if (field.description !== undefined) expect(field.description).toMatch(/^[A-Z`0-9\w].*[.)]$/s);
      }
    }
  });

  it('has on average at most 4 kB an operation, its schemas included', () => {
    const size = Buffer.byteLength(JSON.stringify(app.document)) / operations(app.document).length;
    process.stdout.write(`The OpenAPI document has ${Math.round(size)} bytes an operation.\n`);
    expect(size).toBeLessThanOrEqual(4_000);
  });

  it('has every list as JSON by the page, and names its exports where generated types are not spoilt', () => {
    const schemas = app.document.components?.schemas as Wire;
    const pages = operations(app.document).flatMap(({ path, method, operation }) => {
      const page =
        schemas[operation.responses['200']?.content?.['application/json']?.schema.$ref?.split('/').pop() ?? ''];
      return page?.properties?.next_cursor ? [{ path, method, operation, row: page.properties.data.items }] : [];
    });
    // Those of tenants, and the tenants.
    expect(pages).toHaveLength(LISTS + 1);
    for (const { path, method, operation, row } of pages) {
      const types = Object.keys(operation.responses['200']?.content ?? {});
      expect({ path, method, types }).toEqual({ path, method: 'get', types: ['application/json'] });
      expect((operation as Wire)['x-export-formats']).toEqual(['application/x-ndjson', 'text/csv']);
      const fields = Object.keys(schemas[row.$ref.split('/').pop()].properties as object);
      expect((operation as Wire)['x-csv-columns']).toEqual(fields);
    }
  });

  it('gives each route a summary, a permission, its problem codes, and an example of its body', () => {
    for (const { path, method, operation } of all()) {
      const described = operation as Wire;
      expect({ path, method, summary: described.summary as string }).toMatchObject({
        summary: expect.stringMatching(/./),
      });
      if (!ANYBODY.includes(path)) expect(described['x-permission']).toMatch(/^[a-z-]+:[a-z-]+$/);
      expect(described.security).toEqual([{ 'api-key': [] }]);
      expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(['401', '403', '500', '503']));
      if (described.requestBody) expect(bodyOf(path, method)).toBeDefined();
    }
  });

  /** Members of the body of a route, or of each of its lines. */
  const membersOf = ({ operation }: Route): Readonly<Record<string, unknown>> => {
    const [content] = Object.values(operation.requestBody?.content ?? {});
    const schema = content && resolve(app.document, content.schema);
    const line = schema && (schema.contentSchema ? resolve(app.document, schema.contentSchema) : schema);
    return (line as { properties?: Record<string, unknown> } | undefined)?.properties ?? {};
  };
  const takesReason = (route: Route) =>
    isDeepStrictEqual(membersOf(route).reason, { $ref: '#/components/schemas/ActionReason' });

  it('takes the reason of every action on something that exists, in the same member, but of those that are named', () => {
    const isAction = (route: Route) => {
      const { method, path } = route;
      if (path.startsWith(CLIENT)) return false;
      if (method === 'patch') return ENDING_FIELDS.some((field) => field in membersOf(route));
      return (
        method === 'delete' ||
        (method === 'post' && /(?:\}\/[a-z-]+(?:\/\{\w+\})?|:[a-z-]+|\/auth\/session\/[a-z]+)$/.test(path))
      );
    };
    const actions = operations(app.document).filter(isAction);
    const named = ({ operation }: Route) => operation.operationId;
    expect(actions.length).toBeGreaterThan(60);
    const silent = actions.filter((route) => !takesReason(route)).map(named);
    expect(silent.sort()).toEqual(Object.keys(WITHOUT_REASON).sort());
  });

  it('says of the client API that a license key is enough, and what an API key would need', () => {
    const client = operations(app.document).filter(({ path }) => path.startsWith(CLIENT) && !OPEN.includes(path));
    expect(client).toHaveLength(9);
    for (const { path, method, operation } of client) {
      const described = operation as Wire;
      expect(described.security).toEqual(expect.arrayContaining([{}, { 'api-key': [] }]));
      expect(described['x-permission']).toMatch(/^client:[a-z]+$/);
      expect(bodyOf(path, method)).toHaveProperty('license_key');
    }
  });

  it('answers 401 without a key on every route', async () => {
    expect(all().length).toBeGreaterThanOrEqual(18);
    for (const { path, method } of all()) {
      const response = await call(app.anonymous(), method, path);
      expect({ path, method, status: response.status, code: response.body.code }).toEqual({
        path,
        method,
        status: 401,
        code: 'UNAUTHENTICATED',
      });
    }
  });

  it('answers 403 on every route to a key that has every permission but the one', async () => {
    const permissions = [...new Set(ofTenants().map(({ operation }) => permissionOf(operation)))];
    for (const { path, method, operation } of ofTenants()) {
      const needed = permissionOf(operation);
      const key = await app.key(
        ours.tenantId,
        permissions.filter((permission) => permission !== needed),
      );
      const response = await call(key, method, path);
      expect({ path, method, status: response.status }).toEqual({ path, method, status: 403 });
      const allowed = await app.key(ours.tenantId, [needed]);
      if (NEEDS_MORE.includes(`${method} ${path}`)) continue;
      const answer = await call(allowed, method, path);
      expect({ path, method, code: answer.body.code }).not.toEqual({ path, method, code: 'PERMISSION_DENIED' });
    }
  });

  it("answers 404 to another tenant's id in the path, with the same words as to an id nobody has", async () => {
    // The path of a text names a template and a language, which every tenant has.
    const withId = ofTenants().filter(({ path }) => path.includes('{') && !path.includes('{template}'));
    expect(withId.length).toBeGreaterThanOrEqual(12);
    const nobodys = {
      template_id: 'nobodys',
      product_id: 'nobodys',
      customer_id: 'nobodys',
      subscription_id: 'nobodys',
      license_id: '01890000-0000-7000-8000-000000000000',
      activation_id: '01890000-0000-7000-8000-000000000000',
      blocked_device_id: '01890000-0000-7000-8000-000000000000',
      note_id: '01890000-0000-7000-8000-000000000000',
      session_id: '01890000-0000-7000-8000-000000000000',
      key_id: '01890000-0000-7000-8000-000000000000',
      email_message_id: '01890000-0000-7000-8000-000000000000',
      partner_id: '01890000-0000-7000-8000-000000000000',
      pool_id: '01890000-0000-7000-8000-000000000000',
      invitation_id: '01890000-0000-7000-8000-000000000000',
      kid: 'A'.repeat(43),
      order_id: '01890000-0000-7000-8000-000000000000',
      quote_id: '01890000-0000-7000-8000-000000000000',
    };
    for (const { path, method } of withId) {
      const body = bodyOf(path, method);
      const theirsAnswer = await ours.send(method as 'get', at(path), body);
      const nobodysAnswer = await ours.send(method as 'get', at(path, nobodys), body);
      expect({ path, method, status: theirsAnswer.status }).toEqual({ path, method, status: 404 });
      expect(theirsAnswer.body.code).toMatch(/_NOT_FOUND$/);
      expect(theirsAnswer.body.code).toBe(nobodysAnswer.body.code);
    }
  });

  it("answers with the route's not-found code to another tenant's id in the body", async () => {
    const template = {
      ...bodyOf('/v1/license-templates', 'post'),
      template_id: 'x1',
      template_name: 'x1',
      product_id: foreign.product_id,
    };
    expect((await ours.post('/v1/license-templates', template)).body.code).toBe('PRODUCT_NOT_FOUND');
    const order = { license_template_id: foreign.template_id, customer_id: 'c' };
    expect((await ours.post('/v1/licenses', order)).body.code).toBe('TEMPLATE_NOT_FOUND');
  });

  it("lists nothing of another tenant's, also when asked for its ids", async () => {
    const empty = await app.tenant();
    const lists = ofTenants().filter(({ operation }) => operation.parameters?.some(({ name }) => name === 'limit'));
    expect(lists).toHaveLength(LISTS);
    // Resources below a license of another tenant are not found, like the license.
    for (const { path } of lists.filter((list) => !list.path.includes('{'))) {
      const { data, next_cursor } = (await empty.get(path)).body;
      const others = (data as Wire[]).filter(({ tenant_id }) => tenant_id !== empty.tenantId);
      expect({ path, others, next_cursor }).toEqual({ path, others: [], next_cursor: null });
      if (path !== '/v1/api-keys') expect({ path, data }).toEqual({ path, data: [] });
    }
    for (const query of [
      `licenses?customer_id=customer-1`,
      `licenses?template_id=${foreign.template_id}`,
      `license-templates?product_id=${foreign.product_id}`,
      `license-events?license_id=${foreign.license_id}`,
      `customers?q=for`,
      `subscriptions?customer_id=foreign`,
    ]) {
      expect((await empty.get(`/v1/${query}`)).body.data).toEqual([]);
    }
  });

  it('lets each role do on each route exactly what the document says', async () => {
    const roles = (app.document as Wire)['x-roles'] as Record<string, string[]>;
    expect(Object.keys(roles)).toEqual([
      'admin',
      'issuer',
      'support',
      'read-only',
      'billing',
      'client',
      'partner',
      ...PLATFORM_ROLES,
    ]);
    const tenant = await app.tenant();
    await tenant.create('/v1/products', { product_id: 'calls', name: 'Calls' });
    await app.signRevocations(tenant);
    const asAdmin = new Calls(tenant, (runId) =>
      app.database.query(`UPDATE workflow_runs SET state = 'STALLED' WHERE run_id = $1`, [runId]),
    );
    const outcomes = { allowed: 0, denied: 0 };
    for (const [role, granted] of Object.entries(roles)) {
      // Its keys are bound to a partner: test/sql/partner-isolation.spec.ts is about them.
      if (role === 'partner') continue;
      const ofPlatform = PLATFORM_ROLES.includes(role);
      const caller = ofPlatform ? await app.platform(role) : await app.key(tenant.tenantId, [], { role });
      const acting: Record<string, string> = role === 'platform' ? { 'X-Tenant-Id': tenant.tenantId } : {};
      for (const route of all()) {
        const { path, method, operation } = route;
        const { url, body: given } = await asAdmin.prepare(path, method);
        const reason = { code: 'OTHER', text: `${method} ${path}` };
        const body = takesReason(route) ? { ...given, reason } : given;
        const headers = { ...headersOf(path, method), ...(isOfPlatform(path) ? {} : acting) };
        const response = await caller.send(method as 'get', url, body, headers);
        const success = Object.keys(operation.responses).find((status) => status.startsWith('2'));
        const allowed = ANYBODY.includes(path) || granted.includes(permissionOf(operation));
        const expected = allowed ? Number(success) : 403;
        expect({ role, path, method, status: response.status }).toEqual({ role, path, method, status: expected });
        if (!allowed) expect(response.body.code).toBe('PERMISSION_DENIED');
        outcomes[allowed ? 'allowed' : 'denied']++;
      }
    }
    const told = await app.database.query<{ text: string }>(
      ['license_event_logs', 'outbox']
        .map(
          (table) =>
            `SELECT personal -> 'reason' ->> 'text' AS text FROM ${table} WHERE event_data -> 'reason' ->> 'code' = 'OTHER'`,
        )
        .join(' UNION '),
    );
    const reasoned = all()
      .filter((route) => takesReason(route) && !WITHOUT_EVENT.includes(`${route.method} ${route.path}`))
      .map(({ method, path }) => `${method} ${path}`);
    expect(reasoned.length).toBeGreaterThan(40);
    expect(reasoned.filter((route) => !told.some(({ text }) => text === route))).toEqual([]);
    expect(outcomes.allowed).toBeGreaterThan(60);
    expect(outcomes.denied).toBeGreaterThan(40);
  });

  it('sends browsers from / to the admin UI, and gives others an index', async () => {
    const browser = await app.anonymous().getAs('text/html,application/xhtml+xml,*/*;q=0.8', '/');
    expect({ status: browser.status, location: browser.headers.location! }).toEqual({
      status: 302,
      location: 'admin/',
    });
    const program = await app.anonymous().getAs('*/*', '/');
    expect({ status: program.status, body: program.body }).toMatchObject({
      status: 200,
      body: { openapi: 'openapi.json' },
    });
    expect((await app.anonymous().post('/')).status).toBe(405);
  });

  it('serves Swagger UI', async () => {
    const page = await app.anonymous().get('/docs');
    expect(page.status).toBe(200);
    expect(page.text).toContain('Imprimatur API');
    expect((await app.anonymous().get('/docs/swagger-ui-bundle.js')).status).toBe(200);
  });
});

/** A message, which waits because the server has no relay. */
function emailAbout(license_id: string) {
  return { template: 'renewal_reminder', license_id, to: 'jane@example.com' };
}

const VALID = { valid_until: '2099-01-01T00:00:00Z' };

/** A call of each route that would succeed for whoever is allowed it, on rows made for it. */
class Calls {
  /** Template of the last license. */
  private template = '';
  private linked = '';

  constructor(
    private readonly admin: Api,
    private readonly stall: (runId: string) => Promise<unknown>,
  ) {}

  async prepare(path: string, method: string): Promise<{ url: string; body?: Record<string, unknown> }> {
    const id = `call-${unique()}`;
    const made = await this.make(path, method, id);
    const named = path
      .replace('{template}', 'renewal_reminder')
      .replace('{language}', 'de')
      .replace('{signal}', 'approved');
    const url = named
      .replace(/\{\w+\}/, made)
      .replace('{activation_id}', await this.activation(path, made))
      .replace('{blocked_device_id}', await this.block(path, made))
      .replace('{note_id}', await this.note(path, made));
    if (path.endsWith('/unlink')) await this.link(made);
    if (path.endsWith('/link')) this.linked = (await this.admin.issue(this.template)).license_id as string;
    const body = this.bodies(id, made)[`${method} ${path}`];
    return body ? { url, body } : { url };
  }

  /** The row that a route with an id acts on. */
  private async make(path: string, method: string, id: string): Promise<string> {
    if (path.includes('{product_id}')) await this.admin.create('/v1/products', { product_id: id, name: id });
    if (path.includes('{customer_id}')) await this.admin.create('/v1/customers', { customer_id: id, last_name: id });
    if (path.includes('{tenant_id}')) return this.admin.tenantId;
    if (path.includes('{template_id}') || /^\/v1\/licenses(?::batch-issue|:preview)?$/.test(path))
      return this.admin.template();
    if (path.endsWith('/check-out')) await this.signingKey(true);
    if (path.includes('{license_id}') || path.startsWith('/v1/licenses:')) return this.license(path);
    if (path.includes('{session_id}'))
      return (await this.admin.create('/auth/session', { api_key: this.admin.key })).session_id as string;
    if (path.includes('{key_id}')) {
      return (await this.admin.create('/v1/api-keys', { name: id, role: 'read-only' })).id as string;
    }
    if (method === 'delete') await this.texts();
    if (path.startsWith('/v1/email-messages')) return this.email(path);
    if (path.includes('{subscription_id}') || path === '/v1/subscriptions') {
      this.template = await this.admin.template();
      if (path === '/v1/subscriptions') return id;
      const subscription = { subscription_id: id, customer_id: 'customer-1', template_id: this.template };
      return (await this.admin.create('/v1/subscriptions', subscription)).subscription_id as string;
    }
    if (path.includes('{run_id}')) {
      await this.admin.post('/v1/workflow-runs', { ...RUN, run_id: id });
      if (path.endsWith('/retry')) await this.stall(id);
    }
    if (/partner|pool/.test(path)) return this.partner(path);
    if (path.includes('{kid}')) return this.signingKey(path.endsWith('/retire'));
    if (path.startsWith('/v1/orders') || path.startsWith('/v1/quotes')) return this.sale(path);
    return id;
  }

  private async link(subscriptionId: string): Promise<void> {
    const { license_id } = await this.admin.issue(this.template);
    await this.admin.post(`/v1/subscriptions/${subscriptionId}/link`, { license_id: license_id as string });
  }

  private async texts(): Promise<void> {
    const path = '/v1/email-templates/renewal_reminder/de';
    await this.admin.send('put', path, { subject: 'a', text: 'a', html: 'a' });
  }

  /** A license to write about, or a message in the state for the route. */
  private async email(path: string): Promise<string> {
    const { license_id } = await this.admin.issue(await this.admin.template());
    if (path === '/v1/email-messages') return license_id as string;
    const { email_message_id } = await this.admin.create('/v1/email-messages', emailAbout(license_id as string));
    if (path.endsWith('/resend')) await this.admin.post(`/v1/email-messages/${email_message_id}/cancel`);
    return email_message_id as string;
  }

  /** An order or a quote that is in the state for it. */
  private async sale(path: string): Promise<string> {
    this.template = await this.admin.template();
    const body = this.saleOf(this.template);
    const [, , resource = ''] = path.split('/');
    const row = await this.admin.create(`/v1/${resource}`, resource === 'orders' ? body : { ...body, ...VALID });
    const id = (row.order_id ?? row.quote_id) as string;
    if (path.endsWith('/fulfil')) await this.admin.post(`/v1/orders/${id}/approve`, {});
    if (path.endsWith('/refund')) await this.admin.post(`/v1/orders/${id}/record-payment`, {});
    if (path.endsWith('/accept') || path.endsWith('/decline')) await this.admin.post(`/v1/quotes/${id}/send`, {});
    return id;
  }

  private saleOf(template: string) {
    const lines = [{ kind: 'ISSUE', license_template_id: template, unit_price: 1 }];
    return { customer_id: 'buyer', currency: 'EUR', lines };
  }

  /** Returns a partner in the state for the route, or a pool or an invitation of one. */
  private async partner(path: string): Promise<string> {
    const { partner_id } = await this.admin.create('/v1/partners', { name: 'P' });
    const act = (action: string, body = {}) => this.admin.post(`/v1/partners/${partner_id}/${action}`, body);
    if (!path.endsWith('/approve')) await act('approve');
    if (path.endsWith('/reinstate')) await act('suspend', { license_effect: 'KEEP', reason: { code: 'OTHER' } });
    this.template = await this.admin.template();
    if (path.includes('{pool_id}')) {
      const pool = { partner_id: partner_id as string, license_template_id: this.template, quantity: 1 };
      return (await this.admin.create('/v1/license-pools', pool)).pool_id as string;
    }
    if (path.includes('{invitation_id}'))
      return (await this.admin.create('/v1/partner-invitations', { partner_id: partner_id as string }))
        .invitation_id as string;
    return partner_id as string;
  }

  private async signingKey(active: boolean): Promise<string> {
    const { kid } = await this.admin.create('/v1/signing-keys', {});
    if (active) await this.admin.post(`/v1/signing-keys/${kid}/activate`);
    return kid as string;
  }

  private async activation(path: string, licenseId: string): Promise<string> {
    if (!path.includes('{activation_id}')) return '';
    const { body } = await this.admin.post(`/v1/licenses/${licenseId}/activations`, { fingerprint: 'called' });
    return body.activation_id as string;
  }

  private async note(path: string, customerId: string): Promise<string> {
    if (!path.includes('{note_id}')) return '';
    return (await this.admin.create(`/v1/customers/${customerId}/notes`, { text: 'Called' })).note_id as string;
  }

  private async block(path: string, licenseId: string): Promise<string> {
    if (!path.includes('{blocked_device_id}')) return '';
    const request = { fingerprint: 'called', reason: { code: 'OTHER' } };
    const { body } = await this.admin.post(`/v1/licenses/${licenseId}/blocked-devices`, request);
    return body.blocked_device_id as string;
  }

  /** One that is in the state for it. */
  private async license(path: string): Promise<string> {
    const trial = path.endsWith('/convert-trial');
    const features = [{ feature_id: 'calls', feature_name: 'Calls' }];
    this.template = await this.admin.template({ trial_allowed: true, features });
    const { license_id } = await this.admin.issue(this.template, { trial, customer_id: `trial-${unique()}` });
    if (path.endsWith('reinstate'))
      await this.admin.post(`/v1/licenses/${license_id}/suspend`, { reason: { code: 'OTHER' } });
    // So that there is something to change, and an event of it.
    if (path.endsWith('change-template'))
      await this.admin.patch(`/v1/license-templates/${this.template}`, { grace_period_days: 7 });
    if (path.endsWith(':reset')) await this.admin.post(`/v1/licenses/${license_id}/activations`, { fingerprint: 'a' });
    return license_id as string;
  }

  private bodies(id: string, made: string): Record<string, Record<string, unknown>> {
    return {
      'post /v1/products': { product_id: `${id}-new`, name: id },
      'post /v1/workflow-runs': { ...RUN, run_id: id },
      'post /v1/signing-keys/{kid}/retire': { force: true },
      'post /v1/signing-keys/{kid}/revoke': {},
      'patch /v1/products/{product_id}': { name: `${id} changed` },
      'post /v1/license-templates': {
        template_name: id,
        product_id: 'calls',
        license_type: 'SUBSCRIPTION',
        license_model: 'PER_SEAT',
      },
      'patch /v1/license-templates/{template_id}': { description: id },
      'post /v1/license-templates/{template_id}/duplicate': { template_name: `${id} copy` },
      'post /v1/customers': { last_name: id },
      'patch /v1/customers/{customer_id}': { last_name: `${id} changed` },
      'patch /v1/licenses/{license_id}': { issued_to: id },
      'post /v1/licenses/{license_id}/activations/{activation_id}/deactivate': {},
      'post /v1/licenses/{license_id}/activations:reset': {},
      'post /v1/customers/{customer_id}/notes': { text: id },
      'post /v1/licenses/{license_id}/blocked-devices': { fingerprint: id, reason: { code: 'OTHER' } },
      'post /v1/licenses/{license_id}/usage/correct': { feature_id: 'calls', used: 1, reason: { code: 'CORRECTION' } },
      'post /v1/licenses/{license_id}/renew': { months: 1 },
      'post /v1/licenses/{license_id}/convert-trial': {},
      'post /v1/licenses:find': { last_four: 'ABCD' },
      'post /v1/licenses/{license_id}/rotate-key': { reason: { code: 'OTHER' } },
      'post /v1/licenses/{license_id}/suspend': { reason: { code: 'OTHER' } },
      'post /v1/licenses/{license_id}/reinstate': {},
      'post /v1/licenses/{license_id}/revoke': { reason: { code: 'OTHER' } },
      'post /v1/licenses/{license_id}/transfer': { customer_id: id },
      'post /v1/licenses/{license_id}/change-template': { license_template_id: this.template },
      'post /v1/licenses': { license_template_id: made, customer_id: id },
      'post /v1/licenses:batch-issue': { license_template_id: made, customer_id: id },
      'post /v1/licenses:preview': { license_template_id: made, customer_id: id },
      'post /v1/license-templates:preview': {
        template: {
          template_name: id,
          product_id: 'calls',
          license_type: 'SUBSCRIPTION',
          license_model: 'PER_SEAT',
        },
      },
      'post /v1/licenses:batch-renew': { license_id: made, months: 1 },
      'post /v1/licenses:batch-suspend': { license_id: made, reason: { code: 'OTHER' } },
      'post /v1/licenses:batch-reinstate': { license_id: made },
      'post /v1/licenses:batch-transfer': { license_id: made, customer_id: id },
      'post /v1/licenses:batch-change-template': { license_id: made, license_template_id: this.template },
      'post /v1/licenses:select': { status: 'ACTIVE' },
      'post /v1/licenses:batch-revoke': { license_id: made, reason: { code: 'OTHER' } },
      'post /v1/licenses/{license_id}/activations': { fingerprint: id },
      'post /v1/licenses/{license_id}/check-out': { fingerprint: id },
      'post /v1/licenses/{license_id}/explain': { fingerprint: id },
      'post /v1/email-messages': emailAbout(made),
      'post /v1/subscriptions': { customer_id: id, template_id: this.template },
      'patch /v1/subscriptions/{subscription_id}': { cancel_at_period_end: true },
      'post /v1/subscriptions/{subscription_id}/link': { license_id: this.linked },
      'post /v1/subscriptions/{subscription_id}/events': {
        event_id: id,
        occurred_at: '2025-11-23T12:00:00Z',
        kind: 'paused',
      },
      'put /v1/email-templates/{template}/{language}': { subject: id, text: id, html: id },
      'post /v1/quotes': { ...this.saleOf(this.template), ...VALID },
      'patch /v1/quotes/{quote_id}': { metadata: { id } },
      'post /v1/quotes/{quote_id}/send': {},
      'post /v1/quotes/{quote_id}/accept': {},
      'post /v1/quotes/{quote_id}/decline': {},
      'post /v1/orders': this.saleOf(this.template),
      'patch /v1/orders/{order_id}': { metadata: { id } },
      'post /v1/orders/{order_id}/approve': {},
      'post /v1/orders/{order_id}/record-payment': {},
      'post /v1/orders/{order_id}/fulfil': {},
      'post /v1/orders/{order_id}/cancel': { licenses: 'KEEP', reason: { code: 'OTHER' } },
      'post /v1/orders/{order_id}/refund': { licenses: 'KEEP', reason: { code: 'OTHER' } },
      'post /v1/partners': { name: id },
      'patch /v1/partners/{partner_id}': { name: id },
      'post /v1/partners/{partner_id}/approve': {},
      'post /v1/partners/{partner_id}/suspend': { license_effect: 'KEEP', reason: { code: 'OTHER' } },
      'post /v1/partners/{partner_id}/reinstate': {},
      'post /v1/partners/{partner_id}/issue-license': { license_template_id: this.template },
      'post /v1/license-pools': { partner_id: made, license_template_id: this.template, quantity: 1 },
      'patch /v1/license-pools/{pool_id}': { returns_revoked: true },
      'post /v1/license-pools/{pool_id}/allot': { quantity: 1 },
      'post /v1/partner-invitations': { partner_id: made },
      'post /v1/partner-invitations/{invitation_id}/resend': {},
      'post /v1/partner-invitations/{invitation_id}/withdraw': {},
      'post /v1/api-keys': { name: id, role: 'read-only' },
      'post /v1/api-keys/{key_id}/rotate': { overlap_seconds: 60 },
      'patch /v1/settings': { require_if_match: false },
      'post /v1/tenants': { tenant_id: id },
      'patch /v1/tenants/{tenant_id}': { requests_per_minute: 100_000 },
    };
  }
}
