import type pg from 'pg';
import { ConfigError, loadConfig, type Config } from '../config.js';
import { createApp } from '../create-app.js';
import { databaseTime } from '../database/database-time.js';
import { migrate } from '../database/migrate.js';
import { keepsNamedStatements } from '../database/named-statements.js';
import { withClient } from '../database/with-client.js';
import { hasIssuedLicenses } from '../licensing/index.js';
import { addSampleData } from '../sample-data.js';
import { givenMasterKeys, loadSecrets } from '../shared/secrets/load-secrets.js';
import { prepareFolder } from '../shared/secrets/secret-file.js';
import { hasSigningKeys } from '../signing/index.js';
import { bootstrap, type Bootstrapped } from '../tenants/index.js';
import { run, say } from './run.js';

/** Migrates the PostgreSQL in DATABASE_OWNER_URL, and grants and bootstraps it for the role in DATABASE_URL. */
run('did not migrate', async () => {
  const config = loadConfig();
  const { databaseUrl, databaseOwnerUrl } = config;
  if (databaseUrl === undefined || databaseOwnerUrl === undefined) {
    throw new ConfigError(
      'Set DATABASE_OWNER_URL (the role that owns the schema) and DATABASE_URL (the role the server runs as). ' +
        'The embedded PostgreSQL needs no "npm run migrate": "npm start" does it.',
    );
  }
  await prepareFolder(config.dataDir);
  let first: Bootstrapped | undefined;
  const applied = await migrate(databaseOwnerUrl, databaseUrl, config, async (owner) => {
    first = await bootstrap(owner, config, await databaseTime(owner));
  });
  say(applied.length === 0 ? 'The schema is up to date.' : `Applied: ${applied.join(', ')}.`);
  if (!first) return;
  await prepareInstallation(config, databaseUrl, first);
  if (first.fresh) say(`Created the tenant ${first.tenantId}. Its admin API key is ${first.keyPlace}.`);
});

/** Creates secrets unless data sealed with others exist, and the sample data if configured. */
async function prepareInstallation(config: Config, databaseUrl: string, first: Bootstrapped): Promise<void> {
  const isSealed = async (client: pg.ClientBase) => (await hasIssuedLicenses(client)) || (await hasSigningKeys(client));
  const mayCreate = !(await withClient(databaseUrl, isSealed));
  const secrets = await loadSecrets(config, { mayCreate });
  if (mayCreate && !(givenMasterKeys(config) && config.settings.LOOKUP_KEY)) {
    say(
      `The master and lookup keys are in ${config.dataDir}. Give every server the same two: these files in its DATA_DIR, ` +
        'or MASTER_KEY and LOOKUP_KEY. Keep a copy: without them no license key can be shown.',
    );
  }
  if (!config.sampleData) return;
  const namedStatements = await keepsNamedStatements(databaseUrl);
  const app = await createApp({ config, databaseUrl, secrets, namedStatements });
  try {
    await addSampleData(app, first.tenantId);
  } finally {
    await app.close();
  }
}
