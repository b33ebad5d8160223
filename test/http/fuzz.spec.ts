import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc, { type Arbitrary } from '../support/property.js';
import type { Api, Wire } from '../support/api.js';
import { TestApp } from '../support/app.js';
import { fromSchema, hostile, type Schema } from '../support/generate.js';
import { operations } from '../support/openapi.js';

const RUNS = Number(process.env.FUZZ_RUNS ?? 25);

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly schema: Schema;
}

interface Call {
  readonly path: Record<string, unknown>;
  readonly query: Record<string, unknown>;
  readonly headers: Record<string, string>;
  readonly body: unknown;
  /** Of the body. */
  readonly type: string;
}

const TABLES = [
  'billing_products',
  'license_templates',
  'customers',
  'licenses',
  'license_keys',
  'tenants',
  'idempotency_keys',
  'license_activations',
  'license_usages',
  'signing_keys',
  'quotes',
  'quote_lines',
  'orders',
  'order_lines',
];

describe('whatever is sent', () => {
  let app: TestApp;
  let tenant: Api;
  let platform: Api;
  /** Rows that exist, by the name of the path parameter. */
  let ids: Record<string, string>;

  beforeAll(async () => {
    app = await TestApp.start();
    [tenant, platform] = [await app.tenant(), await app.platform()];
    const template_id = await tenant.template({ template_id: 'professional-isp', max_activations: null });
    const license = await tenant.issue(template_id);
    await tenant.create('/v1/customers', { customer_id: 'customer-001', last_name: 'L' });
    const device = { fingerprint: 'device' };
    const activation = (await tenant.post(`/v1/licenses/${license.license_id}/activations`, device)).body;
    const key = await tenant.create('/v1/api-keys', { name: 'k', role: 'read-only' });
    const signingKey = await tenant.create('/v1/signing-keys', {});
    const sale = {
      customer_id: 'customer-001',
      currency: 'EUR',
      lines: [{ kind: 'ISSUE', license_template_id: template_id, unit_price: 1 }],
    };
    const order = await tenant.create('/v1/orders', sale);
    const quote = await tenant.create('/v1/quotes', { ...sale, valid_until: '2099-01-01T00:00:00Z' });
    ids = {
      order_id: order.order_id as string,
      quote_id: quote.quote_id as string,
      kid: signingKey.kid as string,
      template_id,
      license_id: license.license_id as string,
      activation_id: activation.activation_id as string,
      product_id: license.product_id as string,
      customer_id: 'customer-001',
      key_id: key.id as string,
      tenant_id: 'fuzzed',
    };
    await platform.post('/v1/tenants', { tenant_id: 'fuzzed' });
  });

  afterAll(() => app.stop());

  it('no route answers 5xx or unlike the document, and what is refused changes nothing', async () => {
    const seen = { accepted: 0, refused: 0 };
    const all = operations(app.document);
    expect(all.length).toBeGreaterThanOrEqual(30);
    for (const { path, method, operation } of all) {
      const caller = path.startsWith('/v1/tenants') || path === '/metrics' ? platform : tenant;
      let before = await fingerprint();
      await fc.assert(
        fc.asyncProperty(calls(operation as Wire), async (call) => {
          // Throws when the answer is not as documented.
          const { body, headers } = jsonOf(call);
          const response = await caller.send(method as 'get', urlOf(path, call), body, headers);
          expect(response.status).toBeLessThan(500);
          const after = await fingerprint();
          if (response.status >= 400) expect({ path, method, state: after }).toEqual({ path, method, state: before });
          before = after;
          seen[response.status < 400 ? 'accepted' : 'refused']++;
        }),
        { numRuns: RUNS, plugins: [fc.interruptAfterTimeLimit(60_000)] },
      );
    }
    expect(seen.accepted).toBeGreaterThan(100);
    expect(seen.refused).toBeGreaterThan(100);
  }, 600_000);

  /** All there is, except when keys were last used. An event is the same on its way to the log and in it. */
  async function fingerprint(): Promise<string> {
    // The background makes the first key of each new tenant, whenever it comes to that.
    const made = `(event_type LIKE 'signing_key.%' AND tenant_id <> '${tenant.tenantId}')`;
    const parts = TABLES.map((table) => {
      const where = table === 'signing_keys' ? ` WHERE tenant_id = '${tenant.tenantId}'` : '';
      // The background does what is pending for the filters by metadata.
      const row = table === 'tenants' ? `(to_jsonb(tenants) - 'metadata_filters_pending')` : table;
      return `SELECT '${table}' || ${row}::text AS row FROM ${table}${where}`;
    });
    const keys = `SELECT concat_ws(' ', id, name, role, permissions, networks, key_sha256, revoked_at, version) FROM api_keys`;
    // That a device found no seat is told of, and changes nothing.
    const told = `WHERE event_type <> 'license.activation_refused' AND NOT ${made}`;
    const events = `SELECT id::text FROM outbox ${told} UNION SELECT id::text FROM license_event_logs ${told}`;
    const [state] = await app.database.query<{ state: string }>(
      `SELECT md5(string_agg(row, '|' ORDER BY row)) AS state FROM (${[...parts, keys].join(' UNION ALL ')}
       UNION ALL (${events})) AS everything`,
    );
    return state?.state ?? '';
  }

  function calls(operation: Wire): Arbitrary<Call> {
    const components = (app.document.components?.schemas ?? {}) as Record<string, Schema>;
    const parameters = (operation.parameters ?? []) as Parameter[];
    const [[type, { schema: body }] = ['', { schema: undefined }]] = Object.entries<{
      schema?: Schema & { readonly contentSchema?: Schema };
    }>(operation.requestBody?.content ?? {});
    // A body of lines is text in the document; one line is sent, as its schema describes it.
    const schema = body?.contentSchema ?? body;
    const known = ({ name, schema: inner }: Parameter) =>
      fc.oneof(
        { weight: 6, arbitrary: fc.constant<unknown>(ids[name] ?? 'x') },
        { weight: 1, arbitrary: fromSchema(inner, components) },
        { weight: 1, arbitrary: hostile() },
      );
    const of = (place: Parameter['in']) => parameters.filter((parameter) => parameter.in === place);
    return fc.record({
      path: fc.record(Object.fromEntries(of('path').map((parameter) => [parameter.name, known(parameter)]))),
      query: fc.record(
        Object.fromEntries(of('query').map((parameter) => [parameter.name, fromSchema(parameter.schema, components)])),
        { requiredKeys: [] },
      ),
      headers: fc.record(
        {
          'Idempotency-Key': fc.oneof(
            fc.stringMatching(/^[!#-[\]-~]{1,30}$/),
            fc.constantFrom('same', '"same"', '"', ' '),
          ),
          'If-Match': fc.constantFrom('"1"', '"2"', '*', 'W/"1"', 'x', ''),
        },
        { requiredKeys: [] },
      ),
      body: schema ? fromSchema(schema, components) : fc.constant(undefined),
      type: fc.constant(type),
    });
  }

  function urlOf(path: string, { path: given, query }: Call): string {
    const text = (value: unknown) =>
      encodeURIComponent((typeof value === 'string' ? value : JSON.stringify(value)).toWellFormed().slice(0, 1_000));
    const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => text(given[name]) || '%20');
    const search = Object.entries(query).map(([name, value]) => `${name}=${text(value)}`);
    return search.length === 0 ? filled : `${filled}?${search.join('&')}`;
  }

  /** As text, so that also what is no object is sent as it is. */
  function jsonOf({ body, type, headers }: Call): { body?: string; headers: Record<string, string> } {
    if (body === undefined) return { headers };
    return { body: JSON.stringify(body), headers: { ...headers, 'Content-Type': type } };
  }
});
