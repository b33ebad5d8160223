// Fastify and pg, one hand-written statement a request, no authentication, no tenant wall, no validation, no sealing, no log:
// what is left when everything but HTTP and the rows is taken away. Nobody moves its events out of the outbox.
import Fastify from 'fastify';
import pg from 'pg';
import { addClientRoutes } from './client-routes.mjs';
import { ISSUE, newLicense, WIRE } from './statements.mjs';

const pool = new pg.Pool({ connectionString: process.env.BENCH_URL, max: Number(process.env.BENCH_POOL) });
const app = Fastify();

app.post('/v1/licenses', async (request, reply) => {
  const { license_template_id, customer_id, issued_to = null } = request.body;
  const { id, key, sealed, digest, eventId } = newLicense();
  const tenantId = request.headers['x-tenant-id'];
  const values = [tenantId, license_template_id, id, sealed, key.slice(-4), customer_id, issued_to, digest, eventId];
  const { rows } = await pool.query({ ...ISSUE, values });
  if (!rows[0]) return reply.code(404).send({ code: 'TEMPLATE_NOT_FOUND' });
  return reply.code(201).send({ license_key: key, ...rows[0] });
});

app.get('/v1/licenses/:id', async (request, reply) => {
  const { rows } = await pool.query({
    name: 'get',
    text: `SELECT ${WIRE} FROM licenses WHERE tenant_id = $1 AND license_id = $2`,
    values: [request.headers['x-tenant-id'], request.params.id],
  });
  return rows[0] ?? reply.code(404).send({ code: 'LICENSE_NOT_FOUND' });
});

app.get('/v1/licenses', async (request) => {
  const { cursor, limit = '20' } = request.query;
  const [, time, id] = cursor ? JSON.parse(Buffer.from(cursor, 'base64url')) : [];
  const { rows } = await pool.query({
    name: time ? 'list-after' : 'list',
    text: `SELECT ${WIRE} FROM licenses WHERE tenant_id = $1 ${time ? 'AND (created_at, license_id) < ($3, $4)' : ''}
           ORDER BY created_at DESC, license_id DESC LIMIT $2`,
    values: [request.headers['x-tenant-id'], Number(limit), ...(time ? [time, id] : [])],
  });
  return { data: rows };
});

const endClientRoutes = addClientRoutes(app, pool);

console.log(`listens on ${await app.listen({ port: 0, host: '127.0.0.1' })}`);
process.once('SIGTERM', () => app.close().then(() => Promise.all([pool.end(), endClientRoutes()])));
