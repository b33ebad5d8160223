// Better Auth's api-key plug-in behind bare node:http, on the database that it is given: the nearest to validating a license key that can
// be had from npm. It knows no device, no seats and no expiry of ours, and writes the key's last use at each verification.
import { createServer } from 'node:http';
import { apiKey } from '@better-auth/api-key';
import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import pg from 'pg';

const database = new pg.Pool({ connectionString: process.env.BENCH_URL, max: Number(process.env.BENCH_POOL) });
// Its rate limit is left on and set where nobody reaches it, as that of the server is.
const rateLimit = { enabled: true, timeWindow: 1_000, maxRequests: 1_000_000 };
const options = {
  baseURL: 'http://127.0.0.1',
  secret: 'a secret of the benchmark, which protects nothing',
  database,
  telemetry: { enabled: false },
  logger: { level: 'error' },
  plugins: [apiKey({ rateLimit })],
};
await (await getMigrations(options)).runMigrations();
const auth = betterAuth(options);

const ROUTES = {
  '/keys': async ({ count }) => {
    const { internalAdapter } = await auth.$context;
    const user = await internalAdapter.createUser({
      name: 'Customer',
      email: 'customer@example.com',
      emailVerified: true,
    });
    const keys = [];
    for (let at = 0; at < count; at++) keys.push((await auth.api.createApiKey({ body: { userId: user.id } })).key);
    return { keys };
  },
  '/verify': ({ key }) => auth.api.verifyApiKey({ body: { key } }),
};

async function respond(request, response) {
  let body = '';
  for await (const chunk of request) body += chunk;
  const answer = JSON.stringify(await ROUTES[request.url](JSON.parse(body)));
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(answer) });
  response.end(answer);
}

const server = createServer((request, response) => {
  respond(request, response).catch((error) => {
    console.error(error);
    response.writeHead(500).end();
  });
});
server.listen(0, '127.0.0.1', () => console.log(`listens on http://127.0.0.1:${server.address().port}`));
process.once('SIGTERM', () => server.close(() => database.end()));
