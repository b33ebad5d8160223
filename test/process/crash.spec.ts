import { afterAll, beforeAll, it } from '@jest/globals';
import { IssuingClients } from '../support/issuing-clients.js';
import { ServerProcess } from '../support/server.js';

const ROUNDS = 6;

let server: ServerProcess;

beforeAll(async () => {
  server = await ServerProcess.create({ WORKFLOWS: 'off' });
});

afterAll(() => server.cleanUp());

it(`kill -9 under load, of the embedded PostgreSQL too, loses no license that was answered for, and no event, in ${ROUNDS} rounds`, async () => {
  const clients = new IssuingClients(server, { license_template_id: 'professional-isp', customer_id: 'customer-001' });
  for (let round = 0; round < ROUNDS; round++) {
    await clients.issueUntilKilled(async () => {
      // Every other time the database dies too, as when the machine does.
      if (round % 2 === 1) process.kill((await server.postmaster()).pid, 'SIGKILL');
      await server.kill('SIGKILL');
    });
  }
  await clients.expectNothingLost(() => server.superuserUrl());
}, 180_000);
