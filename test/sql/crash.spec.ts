import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, it } from '@jest/globals';
import { TestApp } from '../support/app.js';
import { TestDatabase } from '../support/database.js';
import { IssuingClients } from '../support/issuing-clients.js';
import { ServerProcess } from '../support/server.js';

const ROUNDS = 3;

let database: TestDatabase;
let server: ServerProcess;
let clients: IssuingClients;

beforeAll(async () => {
  database = await TestDatabase.create();
  const app = await TestApp.start({ database });
  const api = await app.tenant();
  const order = { license_template_id: await api.template(), customer_id: 'c' };
  await app.stop();
  server = await ServerProcess.create({
    DATABASE_URL: database.applicationUrl,
    WORKFLOWS: 'off',
    MASTER_KEY: randomBytes(32).toString('hex'),
    LOOKUP_KEY: randomBytes(32).toString('hex'),
  });
  clients = new IssuingClients(server, order, api.key);
});

afterAll(async () => {
  await server.cleanUp();
  await database.drop();
});

it(`kill -9 under load loses no license that was answered for, and no event, in ${ROUNDS} rounds`, async () => {
  for (let round = 0; round < ROUNDS; round++) await clients.issueUntilKilled(() => server.kill('SIGKILL'));
  await clients.expectNothingLost(() => Promise.resolve(database.superuserUrl));
}, 180_000);
