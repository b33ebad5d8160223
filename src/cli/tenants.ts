import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadConfig, type Config } from '../config.js';
import { databaseTime } from '../database/database-time.js';
import { OutcomeUnknownError } from '../database/database.errors.js';
import { newId } from '../shared/random.js';
import { prepareFolder, writeSecretFile } from '../shared/secrets/secret-file.js';
import { isPlatformRole, type PlatformRole } from '../shared/access/permissions.js';
import { adminKeyFile, generateApiKey, TenantRegistry, TenantRegistryError } from '../tenants/index.js';
import { withOwner } from './owner.js';
import { run, say } from './run.js';

/** Valid file names of API keys. */
const FILE_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/;

const USAGE = `Usage: npm run tenants -- COMMAND

  create TENANT              create a tenant and its admin API key
  key TENANT                 replace a tenant's admin API key; earlier ones stop working
  list                       list the tenants
  platform-key NAME          create or replace the platform key of this name, which manages tenants and acts for them;
      [--role ROLE]          ROLE monitor: a key that may only read /metrics
  revoke-platform-key NAME   revoke a platform key
  generate-key               print a new API key, for BOOTSTRAP_API_KEY

Keys are written to files in DATA_DIR that only you may read. The command works on the database in DATABASE_OWNER_URL,
or else on the embedded PostgreSQL, also while the server runs on it.`;

const NO_COMMAND = `Unknown command.\n\n${USAGE}`;

const ROLE_NOTICE: Readonly<Record<PlatformRole, string>> = {
  platform: 'It has every permission in every tenant. Store it securely.',
  monitor: 'It may only read /metrics.',
};

run('could not complete the command', async () => {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { help: { type: 'boolean', short: 'h' }, role: { type: 'string' } },
  });
  const [command, tenantId, ...rest] = positionals;
  if (values.help) {
    say(USAGE);
    return;
  }
  if (values.role !== undefined && command !== 'platform-key') throw new TenantRegistryError(NO_COMMAND);
  if (command === 'generate-key' && tenantId === undefined) {
    say(generateApiKey());
    return;
  }
  const config = loadConfig();
  if (command === 'platform-key' && tenantId !== undefined && rest.length === 0) {
    return withRegistry(config, (registry, now) =>
      writePlatformKey(registry, config, tenantId, values.role ?? 'platform', now),
    );
  }
  if (command === 'revoke-platform-key' && tenantId !== undefined && rest.length === 0) {
    return withRegistry(config, (registry, now) => registry.revokePlatformKey(tenantId, now));
  }
  if (command === 'list' && tenantId === undefined) return withRegistry(config, list);
  if ((command === 'create' || command === 'key') && tenantId !== undefined && rest.length === 0) {
    return withRegistry(config, (registry, now) => writeAdminKey(registry, config, command, tenantId, now));
  }
  throw new TenantRegistryError(NO_COMMAND);
});

async function list(registry: TenantRegistry): Promise<void> {
  for (const { id, status, active_keys, created_at } of await registry.list()) {
    say(`${id}\t${status}\t${active_keys} active key(s)\tsince ${created_at.toISOString()}`);
  }
}

async function writeAdminKey(
  registry: TenantRegistry,
  config: Config,
  command: 'create' | 'key',
  tenantId: string,
  now: Date,
) {
  const isBootstrapTenant = tenantId === config.settings.BOOTSTRAP_TENANT;
  const keyFile = isBootstrapTenant ? adminKeyFile(config) : join(config.dataDir, `${tenantId}.admin.key`);
  await writeKey(config, keyFile, (key) =>
    registry[command === 'create' ? 'create' : 'replaceAdminKey'](tenantId, key, now),
  );
  say(`The admin API key of ${tenantId} is in ${keyFile}.`);
}

async function writePlatformKey(registry: TenantRegistry, config: Config, name: string, role: string, now: Date) {
  if (!isPlatformRole(role)) throw new TenantRegistryError(`"${role}" is not a role: use platform or monitor.`);
  if (!FILE_NAME.test(name)) throw new TenantRegistryError(`"${name}" is not a name: use letters, digits, _ and -.`);
  const keyFile = join(config.dataDir, `platform-${name}.key`);
  await writeKey(config, keyFile, (key) => registry.replacePlatformKey(name, role, key, now));
  say(`The platform key ${name} is in ${keyFile}. ${ROLE_NOTICE[role]}`);
}

/**
 * Stores the API key before it is valid: a crash, or a connection that is lost during the commit, leaves a draft in DATA_DIR, never an API
 * key that is lost.
 */
async function writeKey({ dataDir }: Config, keyFile: string, register: (key: string) => Promise<void>): Promise<void> {
  const key = generateApiKey();
  const draft = join(dataDir, `new-key-${newId()}`);
  await prepareFolder(dataDir);
  await writeSecretFile(draft, key);
  try {
    await register(key);
  } catch (error) {
    if (error instanceof OutcomeUnknownError) {
      throw new TenantRegistryError(
        `The database connection was lost during the commit, so the new API key may be valid. It is in ${draft}: ` +
          `if the server accepts it, rename the file to ${keyFile}; otherwise delete it and run this again.`,
      );
    }
    await rm(draft);
    throw error;
  }
  await rename(draft, keyFile);
}

function withRegistry(config: Config, work: (registry: TenantRegistry, now: Date) => Promise<void>): Promise<void> {
  return withOwner(config, 'npm run tenants', async ({ owner }) =>
    work(new TenantRegistry(owner), await databaseTime(owner)),
  );
}
