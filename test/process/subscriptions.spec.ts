import { randomBytes, randomInt } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { withClient } from '../../src/database/with-client.js';
import { generateApiKey, TenantRegistry } from '../../src/tenants/index.js';
import type { Wire } from '../support/api.js';
import { TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { ServerProcess } from '../support/server.js';

const EVENTS = 200;
const SUBSCRIPTIONS = Number(process.env.SUBSCRIPTION_ROUNDS ?? 1);
const DAY_MS = 86_400_000;
const START = Date.now() - 300 * DAY_MS;
const at = (days: number) => new Date(START + days * DAY_MS).toISOString();

interface BillingEvent {
  readonly event_id: string;
  readonly occurred_at: string;
  readonly kind: string;
  readonly [fact: string]: unknown;
}

/** A renewal, a pause, its end and a change of seats, again and again; the last event pays until day 1,000. */
const events: readonly BillingEvent[] = Array.from({ length: EVENTS }, (_, n) => {
  const base = { event_id: `e-${n}`, occurred_at: at(n) };
  if (n === EVENTS - 1) return { ...base, kind: 'renewed', period_end: at(1_000) };
  switch (n % 4) {
    case 0:
      return { ...base, kind: 'renewed', period_end: at(500 + n) };
    case 1:
      return { ...base, kind: 'paused' };
    case 2:
      return { ...base, kind: 'resumed' };
    default:
      return { ...base, kind: 'quantity_changed', quantity: n + 1 };
  }
});
/** The last change of seats is event 195, since 199 is a renewal. */
const END = { status: 'ACTIVE', expiry_date: at(1_000), max_activations: 196 };

describe('events of a billing system', () => {
  let database: TestDatabase;
  let servers: readonly [ServerProcess, ServerProcess];
  let key: string;
  let templateId: string;

  beforeAll(async () => {
    database = await TestDatabase.create();
    key = generateApiKey();
    await withClient(database.ownerUrl, (owner) => new TenantRegistry(owner).create('billing', key, new Date()));
    const environment = {
      DATABASE_URL: database.applicationUrl,
      MASTER_KEY: randomBytes(32).toString('hex'),
      LOOKUP_KEY: randomBytes(32).toString('hex'),
      LICENSE_TIMER_INTERVAL_MS: '50',
      WORKFLOWS: 'off',
    };
    servers = [await ServerProcess.create(environment), await ServerProcess.create(environment)];
    await Promise.all(servers.map((server) => server.start()));
    await ask(servers[0], 'POST', '/products', { product_id: 'p', name: 'P' });
    const template = {
      ...{ template_name: 'T', product_id: 'p', license_type: 'SUBSCRIPTION', license_model: 'PER_SEAT' },
      default_duration: 30,
    };
    templateId = (await ask(servers[0], 'POST', '/license-templates', template)).template_id as string;
  }, 120_000);

  afterAll(async () => {
    for (const server of servers) await server.cleanUp();
    await database.drop();
  });

  const ask = async (server: ServerProcess, method: string, path: string, body?: unknown): Promise<Wire> =>
    (await server.fetch(path, { method, body, key })).json();

  async function subscribe(subscription_id: string): Promise<string> {
    const [server] = servers;
    const issue = { license_template_id: templateId, customer_id: 'c' };
    const { license_id } = await ask(server, 'POST', '/licenses', issue);
    await ask(server, 'POST', '/subscriptions', { subscription_id, customer_id: 'c', template_id: templateId });
    await ask(server, 'POST', `/subscriptions/${subscription_id}/link`, { license_id });
    return license_id as string;
  }

  const send = (server: ServerProcess, id: string, event: BillingEvent): Promise<Wire> =>
    ask(server, 'POST', `/subscriptions/${id}/events`, event);

  async function expectOnce(id: string, licenseId: string): Promise<void> {
    const [server] = servers;
    expect(await ask(server, 'GET', `/licenses/${licenseId}`)).toMatchObject(END);
    const [{ stored } = {}] = await database.query<{ stored: string }>(
      'SELECT count(*) AS stored FROM subscription_events WHERE subscription_id = $1',
      [id],
    );
    expect(Number(stored)).toBe(EVENTS);
    const told = await database.query<{ id: string; n: string }>(
      `SELECT event_data -> 'billing_event' ->> 'event_id' AS id, count(*) AS n
       FROM (SELECT resource_id, event_type, event_data FROM license_event_logs
             UNION ALL SELECT resource_id, event_type, event_data FROM outbox) e
       WHERE event_type = 'subscription.event_received' AND resource_id = $1 GROUP BY 1`,
      [id],
    );
    expect(told).toHaveLength(EVENTS);
    expect(told.filter(({ n }) => n !== '1')).toEqual([]);
  }

  it(`two processes are sent the same ${EVENTS} at once, in different orders: each counts once, and all orders end alike`, async () => {
    const ids = Array.from({ length: SUBSCRIPTIONS }, (_, n) => `twice-${n}`);
    for (const id of ids) {
      const licenseId = await subscribe(id);
      const answers = await Promise.all(
        servers.map((server) => Promise.all(shuffled(events).map((event) => send(server, id, event)))),
      );
      const outcomes = answers.flat().map(({ duplicate }) => duplicate as boolean);
      expect(outcomes.filter((duplicate) => !duplicate)).toHaveLength(EVENTS);
      expect(outcomes.filter(Boolean)).toHaveLength(EVENTS);
      await expectOnce(id, licenseId);
    }
  }, 180_000);

  it('kill -9 amid events loses none that was answered, and stores none without its effect', async () => {
    const [, server] = servers;
    const id = 'killed';
    const licenseId = await subscribe(id);
    const waiting = shuffled(events);
    while (waiting.length > 0) {
      const target = randomInt(1, 60);
      const sent = waiting.slice(0, 80);
      const answered = new Set<string>();
      const sending = sent.map(async (event) => {
        const response = await server.fetch(`/subscriptions/${id}/events`, { method: 'POST', body: event, key });
        if (response.ok) answered.add(event.event_id);
      });
      const enough = Math.min(target, sent.length);
      await Promise.race([
        eventually(() => {
          if (answered.size < enough) throw new Error('Too few are answered.');
        }, 60_000),
        Promise.allSettled(sending),
      ]);
      await server.kill('SIGKILL');
      await Promise.allSettled(sending);
      const stored = await database.query<{ event_id: string }>(
        'SELECT event_id FROM subscription_events WHERE subscription_id = $1',
        [id],
      );
      const kept = new Set(stored.map(({ event_id }) => event_id));
      expect([...answered].filter((event) => !kept.has(event))).toEqual([]);
      await expectEffect(id, kept);
      await server.start();
      // All are sent again, as a billing system does that got no answer.
      for (const event of sent)
        expect(await send(server, id, event)).toMatchObject({ duplicate: kept.has(event.event_id) });
      waiting.splice(0, sent.length);
    }
    await expectOnce(id, licenseId);
  }, 180_000);

  it('that end, and invitations of partners that expire, are recorded once by two processes, one of which is killed', async () => {
    const [first, second] = servers;
    const ends = Array.from({ length: 150 }, (_, n) => `ends-${n}`);
    const terms = { customer_id: 'c', template_id: templateId, period_end: at(1_000), cancel_at_period_end: true };
    for (const subscription_id of ends) await ask(first, 'POST', '/subscriptions', { subscription_id, ...terms });
    const { partner_id } = await ask(first, 'POST', '/partners', { name: 'Reseller' });
    await ask(first, 'POST', `/partners/${partner_id}/approve`, {});
    for (let n = 0; n < 150; n++)
      await ask(first, 'POST', '/partner-invitations', { partner_id: partner_id as string });
    await database.query(`UPDATE subscriptions SET ends_at = now() WHERE subscription_id = ANY($1)`, [ends]);
    await database.query(`UPDATE partner_invitations SET expires_at = now()`);
    await eventually(async () => expect((await recorded()).length).toBeGreaterThan(0));
    await second.kill('SIGKILL');
    await eventually(async () => expect(await recorded()).toHaveLength(300));
    await second.start();
    await eventually(async () => expect(await database.query('SELECT 1 FROM outbox')).toEqual([]));
    const all = await recorded();
    expect(all).toHaveLength(300);
    expect(new Set(all.map(({ resource_id }) => resource_id as string)).size).toBe(300);
  }, 120_000);

  /** Ends in the outbox or the log, which an event enters as it leaves the outbox. */
  const recorded = (): Promise<Wire[]> =>
    database.query<Wire>(
      `SELECT id, resource_id FROM outbox WHERE event_type = ANY($1)
       UNION SELECT id, resource_id FROM license_event_logs WHERE event_type = ANY($1)`,
      [['subscription.ended', 'partner_invitation.expired']],
    );

  /** The rows of the subscription and its license are what the stored events say. */
  async function expectEffect(id: string, kept: ReadonlySet<string>): Promise<void> {
    const seats = events
      .filter((event) => kept.has(event.event_id))
      .findLast(({ kind }) => kind === 'quantity_changed');
    const [row] = await database.query<{ quantity: number | null; max_activations: number | null }>(
      `SELECT s.quantity, l.max_activations FROM subscriptions s JOIN licenses l USING (tenant_id, license_id)
       WHERE s.subscription_id = $1`,
      [id],
    );
    const expected = (seats?.quantity as number | undefined) ?? null;
    expect(row).toEqual({ quantity: expected, max_activations: expected });
  }
});

function shuffled<T>(items: readonly T[]): T[] {
  const rest = [...items];
  return items.map(() => rest.splice(randomInt(rest.length), 1)[0]!);
}
