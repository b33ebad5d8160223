import { randomBytes, randomInt } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { TestApp } from '../support/app.js';
import { copyLicenses } from '../support/copy-licenses.js';
import { TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { ServerProcess } from '../support/server.js';

const LICENSES = 10_000;
const ROUNDS = 5;

let database: TestDatabase;
let server: ServerProcess;

beforeAll(async () => {
  database = await TestDatabase.create();
  const app = await TestApp.start({ database });
  const api = await app.tenant();
  const { license_id } = await api.issue(await api.template({ default_duration: 1, grace_period_days: 1 }));
  await app.stop();
  const ended = { expiry_date: `expiry_date - interval '90 days'`, next_due_at: `'1970-01-01T00:00:00Z'` };
  await copyLicenses(database, license_id as string, LICENSES, ended);
  server = await ServerProcess.create({
    DATABASE_URL: database.applicationUrl,
    WORKFLOWS: 'off',
    MASTER_KEY: randomBytes(32).toString('hex'),
    LOOKUP_KEY: randomBytes(32).toString('hex'),
    LICENSE_TIMER_INTERVAL_MS: '20',
  });
  // The server comes with other secrets than the license was issued with, and opens none here.
  await database.query('DELETE FROM license_keys');
});

afterAll(async () => {
  await server.cleanUp();
  await database.drop();
});

const told = async () => {
  const [row] = await database.query<{ n: string }>(
    `SELECT count(*) AS n FROM (SELECT event_type FROM license_event_logs UNION ALL SELECT event_type FROM outbox) e
     WHERE event_type IN ('license.expired', 'license.grace_ended')`,
  );
  return Number(row?.n);
};

it(`kill -9 in the middle of what time does to ${LICENSES} licenses loses nothing of it and tells nothing twice`, async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const before = await told();
    await server.start();
    const target = Math.min(before + randomInt(1, 2_000), 2 * LICENSES - 1);
    await eventually(async () => {
      expect(await told()).toBeGreaterThanOrEqual(target);
    }, 60_000);
    await server.kill('SIGKILL');
  }
  expect(await told()).toBeLessThan(2 * LICENSES);
  await server.start();
  await eventually(async () => {
    expect(await told()).toBe(2 * LICENSES);
  }, 120_000);
  await server.kill('SIGTERM');
  const twice = await database.query(
    `SELECT license_id, event_type FROM (SELECT license_id, event_type FROM license_event_logs
       UNION ALL SELECT license_id, event_type FROM outbox) e
     WHERE event_type <> 'license.created' GROUP BY 1, 2 HAVING count(*) <> 1`,
  );
  expect(twice).toEqual([]);
  expect(await database.query('SELECT 1 FROM outbox')).toEqual([]);
}, 300_000);
