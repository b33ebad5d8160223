import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { withClient } from '../../src/database/with-client.js';
import { generateApiKey, TenantRegistry } from '../../src/tenants/index.js';
import type { Wire } from '../support/api.js';
import { TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { ServerProcess } from '../support/server.js';

const LICENSES = Number(process.env.ORDER_LICENSES ?? 30);
const REASON = { reason: { code: 'OTHER' } };

describe('the order of the log over two server processes', () => {
  let first: ServerProcess;
  let second: ServerProcess;
  let key: string;
  let database: TestDatabase;
  let templateId: string;

  beforeAll(async () => {
    database = await TestDatabase.create();
    key = generateApiKey();
    await withClient(database.ownerUrl, (owner) => new TenantRegistry(owner).create('order', key, new Date()));
    const environment = {
      DATABASE_URL: database.applicationUrl,
      WORKFLOWS: 'off',
      MASTER_KEY: randomBytes(32).toString('hex'),
      LOOKUP_KEY: randomBytes(32).toString('hex'),
      CLIENT_RATE_PER_ADDRESS: '1000000',
      CLIENT_RATE_PER_LICENSE: '1000000',
    };
    [first, second] = [await ServerProcess.create(environment), await ServerProcess.create(environment)];
    await Promise.all([first.start(), second.start()]);
    await ask(first, 'POST', '/products', { product_id: 'p', name: 'P' });
    const template = {
      template_name: 'Two seats',
      product_id: 'p',
      license_type: 'SUBSCRIPTION',
      license_model: 'PER_SEAT',
      default_duration: 365,
      max_activations: 2,
    };
    templateId = (await ask(first, 'POST', '/license-templates', template)).template_id as string;
  }, 120_000);

  afterAll(async () => {
    await second.cleanUp();
    await first.cleanUp();
    await database.drop();
  });

  const ask = async (server: ServerProcess, method: string, path: string, body?: unknown): Promise<Wire> =>
    (await server.fetch(path, { method, body, key })).json();
  const issue = async () => {
    const issued = await ask(second, 'POST', '/licenses', { license_template_id: templateId, customer_id: 'c' });
    return { id: issued.license_id as string, license_key: issued.license_key as string };
  };
  const licenses = () => Promise.all(Array.from({ length: LICENSES }, issue));
  const done = async (server: ServerProcess, path: string, body: unknown, method = 'POST') => {
    const response = await server.fetch(path, { method, body, key });
    expect([path, response.ok, await response.text()]).toEqual([path, true, expect.any(String)]);
  };
  /** All events of the resource, as the log has them, when the outbox is empty. */
  const logged = async (query: string): Promise<Wire[]> => {
    await eventually(async () => expect(await database.query('SELECT 1 FROM outbox')).toEqual([]));
    const events = (await ask(first, 'GET', `/license-events?limit=100&${query}`)).data as Wire[];
    expect(events.map(({ resource_seq }) => resource_seq)).toEqual(events.map((_, at) => at + 1));
    return events;
  };
  const typesOf = (events: readonly Wire[]) =>
    events.map(({ event_type }) => (event_type as string).replace('license.', ''));

  it('has what one client did to a license in that order, whichever process did it', async () => {
    const issued = await licenses();
    await Promise.all(
      issued.map(async ({ id, license_key }) => {
        for (let round = 0; round < 3; round++) {
          await done(first, `/licenses/${id}/activations`, { fingerprint: 'd' });
          await done(second, '/client/deactivate', { license_key, fingerprint: 'd' });
        }
        for (let round = 0; round < 3; round++) {
          await done(first, `/licenses/${id}/suspend`, REASON);
          await done(second, `/licenses/${id}/reinstate`, {});
        }
      }),
    );
    const turns = (one: string, other: string) => Array.from({ length: 3 }, () => [one, other]).flat();
    const expected = ['created', ...turns('activated', 'deactivated'), ...turns('suspended', 'reinstated')];
    const logs = await Promise.all(issued.map(async ({ id }) => typesOf(await logged(`license_id=${id}`))));
    expect(logs.filter((types) => types.join() !== expected.join())).toEqual([]);
  }, 120_000);

  it('has what one client did to other resources in that order, whichever process did it', async () => {
    const names = Array.from({ length: 6 }, (_, n) => `Name ${n}`);
    const products = Array.from({ length: 10 }, (_, n) => `p${n}`);
    await Promise.all(
      products.map(async (id) => {
        await done(first, '/products', { product_id: id, name: 'P' });
        for (const [n, name] of names.entries())
          await done(n % 2 ? first : second, `/products/${id}`, { name }, 'PATCH');
      }),
    );
    for (const id of products) {
      const [, ...updated] = await logged(`resource_type=product&resource_id=${id}`);
      expect(updated.map(({ event_data }) => (event_data as { after: Wire }).after.name)).toEqual(names);
    }
  }, 120_000);

  it('tells of changes that race a story that can be true, and ends with what the license is', async () => {
    const issued = await licenses();
    const attempts = ({ id, license_key }: (typeof issued)[number]): (readonly [string, unknown])[] => [
      [`/licenses/${id}/activations`, { fingerprint: 'a' }],
      [`/licenses/${id}/suspend`, REASON],
      [`/licenses/${id}/activations`, { fingerprint: 'b' }],
      ['/client/deactivate', { license_key, fingerprint: 'a' }],
      [`/licenses/${id}/reinstate`, {}],
      [`/licenses/${id}/activations`, { fingerprint: 'c' }],
      [`/licenses/${id}/check-out`, { ttl_seconds: 3600, fingerprint: 'a' }],
      [`/licenses/${id}/renew`, { days: 1 }],
      [`/licenses/${id}/reveal-key`, {}],
      [`/licenses/${id}/activations`, { fingerprint: 'd' }],
      [`/licenses/${id}/revoke`, REASON],
    ];
    const statuses = new Map<string, number>();
    await Promise.all(
      issued.flatMap((license, at) =>
        attempts(license).map(async ([path, body], n) => {
          const { status } = await ((at + n) % 2 ? first : second).fetch(path, { method: 'POST', body, key });
          const kind = `${path.split('/').at(-1)} ${status}`;
          statuses.set(kind, (statuses.get(kind) ?? 0) + 1);
        }),
      ),
    );
    const allowed = /^[a-z-]+ (200|201|404|409)$/;
    expect([...statuses.keys()].filter((kind) => !allowed.test(kind))).toEqual([]);
    const seen = new Set<string>();
    for (const { id } of issued) {
      const events = await logged(`license_id=${id}`);
      const story = follow(events);
      const license = await ask(first, 'GET', `/licenses/${id}`);
      expect([typesOf(events), story]).toEqual([
        typesOf(events),
        {
          faults: [],
          status: license.status,
          inUse: license.current_activations,
          expiry: story.expiry && license.expiry_date,
        },
      ]);
      for (const type of typesOf(events)) seen.add(type);
    }
    // The races got everywhere.
    expect([...seen]).toEqual(expect.arrayContaining(['activated', 'suspended', 'renewed', 'revoked', 'key_revealed']));
  }, 120_000);
});

interface Story {
  readonly faults: string[];
  status: unknown;
  inUse: unknown;
  expiry: unknown;
}

/** Replays the events of a license: what each says was before it, and what is possible then, must be what those before it led to. */
function follow(events: readonly Wire[]): Story {
  const story: Story = { faults: [], status: undefined, inUse: 0, expiry: undefined };
  for (const { event_type, event_data } of events) {
    const type = (event_type as string).replace('license.', '');
    const { before = {}, after = {}, current_activations: inUse } = event_data as Record<string, Wire>;
    const fault = (text: string) => story.faults.push(`${type}: ${text}`);
    if (type === 'created') story.status = 'ACTIVE';
    if (
      ['activated', 'checked_out', 'deactivated'].includes(type) &&
      type !== 'deactivated' &&
      story.status !== 'ACTIVE'
    )
      fault(`while ${String(story.status)}`);
    if (story.status === 'REVOKED' && ['renewed', 'suspended', 'reinstated', 'revoked'].includes(type))
      fault('after the end');
    if (type === 'activated' || type === 'deactivated') {
      const expected = (story.inUse as number) + (type === 'activated' ? 1 : -1);
      if ((inUse as unknown) !== expected) fault(`${String(inUse)} in use, not ${expected}`);
      story.inUse = inUse;
      continue;
    }
    if (before.status !== undefined && before.status !== story.status) fault(`was ${String(before.status)}`);
    if (after.status !== undefined) story.status = after.status;
    if (before.expiry_date !== undefined && story.expiry !== undefined && before.expiry_date !== story.expiry)
      fault(`ended ${String(before.expiry_date)}`);
    if (after.expiry_date !== undefined) story.expiry = after.expiry_date;
  }
  return story;
}
