import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { loadConfig } from '../../dist/config.js';
import { EmbeddedPostgres } from '../../dist/embedded-postgres/embedded-postgres.js';
import { migrate } from '../../dist/database/migrate.js';

/**
 * One PostgreSQL for the run: the embedded one on a temporary directory, or the server whose superuser is in
 * TEST_POSTGRES_URL. A migrated database in it is the template of each test file's own. The roles are those of
 * production: an owner that is no superuser, and the application role.
 */
export default async function globalSetup() {
  const external = process.env.TEST_POSTGRES_URL;
  const cluster = external ? { superuserUrl: external } : await startEmbedded();
  const run = `t${randomBytes(4).toString('hex')}`;
  const [owner, application] = [`${run}_owner`, `${run}_app`];
  const password = randomBytes(16).toString('hex');
  const template = `${run}_template`;
  const admin = new pg.Client({ connectionString: cluster.superuserUrl });
  await admin.connect();
  if (!external) {
    // Nothing in it outlives the run, and no test kills this PostgreSQL: those have clusters of their own.
    for (const setting of ['fsync', 'full_page_writes']) await admin.query(`ALTER SYSTEM SET ${setting} = off`);
    await admin.query('SELECT pg_reload_conf()');
    // The tests connect some thousand times, and each time the password is hashed as often as this.
    await admin.query('SET scram_iterations = 1');
  }
  await admin.query(`CREATE ROLE ${owner} LOGIN CREATEROLE PASSWORD '${password}'`);
  await admin.query(`CREATE DATABASE ${template} OWNER ${owner}`);
  await admin.end();
  const urlFor = (role, database) => {
    const url = new URL(cluster.superuserUrl);
    if (role) [url.username, url.password] = [role, password];
    url.pathname = `/${database}`;
    return url.href;
  };
  await migrate(urlFor(owner, template), urlFor(application, template), loadConfig({}));
  process.env.IMPRIMATUR_TEST_POSTGRES = JSON.stringify({
    run,
    template,
    owner,
    application,
    password,
    superuserUrl: cluster.superuserUrl,
  });
  globalThis.stopTestPostgres = async () => {
    if (external) await dropEverything(external, run);
    else await cluster.stop();
  };
}

async function startEmbedded() {
  const dataDir = await mkdtemp(join(tmpdir(), 'imprimatur-test-'));
  const embedded = await EmbeddedPostgres.start(dataDir, 'npm test');
  return {
    superuserUrl: embedded.superuserUrl(),
    stop: async () => {
      await embedded.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function dropEverything(superuserUrl, run) {
  const admin = new pg.Client({ connectionString: superuserUrl });
  await admin.connect();
  const { rows } = await admin.query('SELECT datname FROM pg_database WHERE datname LIKE $1', [`${run}_%`]);
  for (const { datname } of rows) await admin.query(`DROP DATABASE ${datname} WITH (FORCE)`);
  const roles = await admin.query('SELECT rolname FROM pg_roles WHERE rolname LIKE $1 ORDER BY rolname', [`${run}_%`]);
  for (const { rolname } of roles.rows) await admin.query(`DROP ROLE ${rolname}`);
  await admin.end();
}
