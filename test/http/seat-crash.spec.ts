import { randomBytes, randomInt } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Wire } from '../support/api.js';
import { TestApp } from '../support/app.js';
import { TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { ServerProcess } from '../support/server.js';

const ROUNDS = 3;
const CLIENTS = 8;
const LICENSES = 20;
const REFUSED_CLIENTS = 4;
/** More than have events of their own in an hour. */
const REFUSED_DEVICES = 60;

let database: TestDatabase;
let server: ServerProcess;
let key: string;
let licenses: Wire[];
let floating: Wire[];
let full: Wire;

beforeAll(async () => {
  database = await TestDatabase.create();
  const app = await TestApp.start({ database });
  const api = await app.tenant();
  key = api.key!;
  const template = await api.template({ max_activations: 10_000 });
  const floatingTemplate = await api.template({ license_type: 'CONCURRENT', max_activations: 1 });
  const fullTemplate = await api.template({ max_activations: 1 });
  await app.stop();
  const rates = ['ADDRESS', 'LICENSE', 'LICENSE_AND_ADDRESS'].map((per) => [`CLIENT_RATE_PER_${per}`, '1000000']);
  server = await ServerProcess.create({
    DATABASE_URL: database.applicationUrl,
    WORKFLOWS: 'off',
    MASTER_KEY: randomBytes(32).toString('hex'),
    LOOKUP_KEY: randomBytes(32).toString('hex'),
    ...(Object.fromEntries(rates) as Record<string, string>),
  });
  await server.start();
  const issue = async (license_template_id: string): Promise<Wire> => {
    const body = { license_template_id, customer_id: 'c' };
    return (await server.fetch('/licenses', { method: 'POST', body, key })).json();
  };
  licenses = await Promise.all(Array.from({ length: LICENSES }, () => issue(template)));
  floating = await Promise.all(Array.from({ length: CLIENTS }, () => issue(floatingTemplate)));
  full = await issue(fullTemplate);
  for (const { license_key } of [...floating, full]) {
    const body = { license_key: license_key as string, fingerprint: 'floating' };
    expect(await server.fetch('/client/activate', { method: 'POST', body, key })).toMatchObject({ status: 200 });
  }
  await server.kill('SIGKILL');
}, 60_000);

afterAll(async () => {
  await server.cleanUp();
  await database.drop();
});

it(`kill -9 under load leaves the row, the count and the event of a seat change, or none of them, the leases that were answered, and a count of each refused device, in ${ROUNDS} rounds`, async () => {
  const answered = new Map<string, string>();
  const leases = new Map<string, string>();
  const refused = new Set<string>();
  let changes = 0;
  let running = 0;
  /** Activates devices, and deactivates every other one, while the server lives. */
  const change = async (name: string) => {
    running++;
    try {
      for (let n = 0; ; n++) {
        const { license_key } = licenses[randomInt(LICENSES)];
        for (const route of n % 2 === 0 ? ['activate'] : ['activate', 'deactivate']) {
          const body = { license_key: license_key as string, fingerprint: `${name}-${n}` };
          const response = await server.fetch(`/client/${route}`, { method: 'POST', body, key });
          if (response.status !== 200) return;
          answered.set(body.fingerprint, ((await response.json()) as { status: string }).status);
          changes++;
        }
      }
    } catch {
      // The connection died with the server.
    } finally {
      running--;
    }
  };
  /** Sends heartbeats of a device while the server lives. */
  const beat = async ({ license_id, license_key }: Wire) => {
    running++;
    try {
      for (;;) {
        const body = { license_key: license_key as string, fingerprint: 'floating' };
        const response = await server.fetch('/client/heartbeat', { method: 'POST', body, key });
        if (response.status !== 200) return;
        leases.set(license_id as string, ((await response.json()) as { lease_expires_at: string }).lease_expires_at);
      }
    } catch {
      // The connection died with the server.
    } finally {
      running--;
    }
  };
  /** Activates devices of a full license, each twice, while the server lives. */
  const beRefused = async (name: string) => {
    running++;
    try {
      for (let n = 0; ; n++) {
        const fingerprint = `${name}-${n >> 1}`;
        const body = { license_key: full.license_key as string, fingerprint };
        const response = await server.fetch('/client/activate', { method: 'POST', body, key });
        if (response.status !== 409) return;
        refused.add(fingerprint);
      }
    } catch {
      // The connection died with the server.
    } finally {
      running--;
    }
  };
  for (let round = 0; round < ROUNDS; round++) {
    await server.start();
    const target = changes + randomInt(40, 240);
    const clients = [
      ...Array.from({ length: CLIENTS }, (_, n) => change(`${round}-${n}`)),
      ...floating.map(beat),
      ...Array.from({ length: REFUSED_CLIENTS }, (_, n) => beRefused(`${round}-${n}`)),
    ];
    while ((changes < target || refused.size < REFUSED_DEVICES) && running > 0) await nextTurn();
    expect(running).toBe(2 * CLIENTS + REFUSED_CLIENTS);
    await server.kill('SIGKILL');
    await Promise.all(clients);
  }

  await server.start();
  await eventually(async () => expect(await database.query('SELECT FROM outbox')).toEqual([]));
  const faults = await database.query(
    `SELECT current_activations, active, rows, ended, activated, deactivated, counted, last_seq FROM licenses
     CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE status = 'ACTIVE') AS active, count(*) AS rows, count(ended_at) AS ended
                         FROM license_activations item WHERE item.license_id = licenses.license_id) AS device
     CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE event_type = 'license.activated') AS activated,
                                count(*) FILTER (WHERE event_type = 'license.deactivated') AS deactivated
                         FROM license_event_logs item WHERE item.license_id = licenses.license_id) AS event
     CROSS JOIN LATERAL (SELECT coalesce(sum(events), 0) AS counted FROM license_client_events item
                         WHERE item.license_id = licenses.license_id) AS program
     LEFT JOIN event_resource_counters ON resource_id = licenses.license_id::text
     WHERE license_type <> 'CONCURRENT' AND license_id <> $1 AND (current_activations, rows, ended, counted, coalesce(last_seq, 1))
       <> (active, activated, deactivated, activated + deactivated, 1 + activated + deactivated)`,
    [full.license_id],
  );
  expect(faults).toEqual([]);
  const stored = await database.query<{ fingerprint: string; status: string }>(
    'SELECT fingerprint, status FROM license_activations',
  );
  const status = new Map(stored.map((row) => [row.fingerprint, row.status]));
  // A device whose deactivation was not answered may have been deactivated all the same.
  const lost = [...answered].filter(
    ([fingerprint, known]) => ![known, 'DEACTIVATED'].includes(status.get(fingerprint) ?? ''),
  );
  expect(lost).toEqual([]);
  const leased = await database.query<{ license_id: string; lease: Date }>(
    `SELECT license_id, lease_expires_at AS lease FROM license_activations WHERE fingerprint = 'floating'`,
  );
  expect(leases.size).toBe(CLIENTS);
  // A heartbeat that was not answered may have been stored all the same.
  expect(leased.filter(({ license_id, lease }) => lease < new Date(leases.get(license_id)!))).toEqual([]);
  const counted = await database.query<{ hour: string; devices: number; events: number; counted: number }>(
    `SELECT hour::text, count(*) FILTER (WHERE fingerprint <> '')::int AS devices,
       coalesce(sum(refusals) FILTER (WHERE fingerprint = ''), 0)::int AS counted,
       (SELECT count(*)::int FROM license_event_logs event WHERE event.license_id = $1 AND event_type = 'license.activation_refused'
         AND date_trunc('hour', created_at, 'UTC') = hour) AS events
     FROM license_activation_refusals WHERE license_id = $1 GROUP BY hour`,
    [full.license_id],
  );
  for (const { devices, events, ...hour } of counted)
    expect({ devices, events, ...hour }).toMatchObject({ counted: devices - events });
  const rows = await database.query<{ fingerprint: string }>(
    `SELECT fingerprint FROM license_activation_refusals WHERE license_id = $1`,
    [full.license_id],
  );
  const known = new Set(rows.map(({ fingerprint }) => fingerprint));
  expect([...refused].filter((fingerprint) => !known.has(fingerprint))).toEqual([]);
}, 180_000);
