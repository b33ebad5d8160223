// Upper bound of PostgreSQL at one transaction a license: BEGIN, SET LOCAL, two reads, three inserts, COMMIT, pipelined over two
// round trips, named statements, row-level security and foreign keys on, straight over pg and no HTTP. Nobody moves its events
// out of the outbox. Told by a line on standard input how many at once and for how long; answers with a line of JSON.
import { createInterface } from 'node:readline';
import pg from 'pg';
import { quantile } from '../statistics.mjs';
import { inOneWrite } from './pipeline.mjs';
import { INSERT_EVENT, INSERT_KEY, INSERT_LICENSE, newLicense, READ_CUSTOMER, READ_TEMPLATE } from './statements.mjs';

const tenants = process.env.BENCH_TENANTS.split(',');
const pool = new pg.Pool({
  connectionString: process.env.BENCH_URL,
  max: 64,
  pipeline: true,
});

async function issue(client, tenantId) {
  const { id, key, sealed, digest, eventId } = newLicense();
  const [, template, customer] = await inOneWrite(client, () => [
    client.query(`BEGIN; SET LOCAL app.tenant_id = '${tenantId}'`),
    client.query({ ...READ_TEMPLATE, values: [tenantId, 'bench'] }),
    client.query({ ...READ_CUSTOMER, values: [tenantId, 'customer-1'] }),
  ]);
  const { first_name, last_name } = customer.rows[0];
  const name = `${first_name} ${last_name}`;
  const { product_id, license_type } = template.rows[0];
  const event = [tenantId, eventId, id, { product_id, license_type }, { issued_to: name }];
  const answers = await inOneWrite(client, () => [
    client.query({ ...INSERT_LICENSE, values: [tenantId, 'bench', id, sealed, key.slice(-4), 'customer-1', name] }),
    client.query({ ...INSERT_KEY, values: [digest, tenantId, id] }),
    client.query({ ...INSERT_EVENT, values: event }),
    client.query('COMMIT'),
  ]);
  if (answers[3].command !== 'COMMIT') throw new Error('The transaction was rolled back.');
}

async function run({ connections, seconds = Infinity, amount = Infinity, ofAllTenants = false }) {
  const latencies = [];
  const begun = performance.now();
  const until = begun + seconds * 1000;
  let left = amount;
  const pick = () => tenants[ofAllTenants ? Math.floor(tenants.length * Math.random() ** 4) : 0];
  await Promise.all(
    Array.from({ length: connections }, async () => {
      const client = await pool.connect();
      while (performance.now() < until && left-- > 0) {
        const sent = performance.now();
        await issue(client, pick());
        latencies.push(performance.now() - sent);
      }
      client.release();
    }),
  );
  const rate = (latencies.length * 1000) / (performance.now() - begun);
  const at = (share) => quantile(latencies, share);
  return { sent: latencies.length, count: latencies.length, rate, p50: at(0.5), p99: at(0.99), worst: at(1) };
}

console.log('ready');
for await (const line of createInterface({ input: process.stdin }))
  console.log(JSON.stringify(await run(JSON.parse(line))));
await pool.end();
