import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import { type Config, ConfigError } from '../config.js';
import { writeSecretFile } from '../shared/secrets/secret-file.js';
import { generateApiKey, isApiKey } from './api-key.js';
import { TenantRegistry } from './tenant-registry.js';

/** The first tenant, and where its key is. */
export interface Bootstrapped {
  readonly tenantId: string;
  /** False when an earlier run made it. */
  readonly fresh: boolean;
  /** A sentence for people; never the key itself. */
  readonly keyPlace: string;
}

export function adminKeyFile({ dataDir }: Config): string {
  return join(dataDir, 'admin.key');
}

/**
 * On an empty database: the first tenant and its admin key; undefined when other tenants are there instead. The key is in its file before it is in the database, so a
 * crash between the two leaves a key that the next run uses, and never a tenant whose key nobody has.
 */
export async function bootstrap(owner: pg.ClientBase, config: Config, now: Date): Promise<Bootstrapped | undefined> {
  const registry = new TenantRegistry(owner);
  const { BOOTSTRAP_TENANT: tenantId, BOOTSTRAP_API_KEY: given } = config.settings;
  const keyPlace = given === undefined ? `in ${adminKeyFile(config)}` : 'the one in BOOTSTRAP_API_KEY';
  if (!(await registry.isEmpty())) {
    return (await registry.exists(tenantId)) ? { tenantId, fresh: false, keyPlace } : undefined;
  }
  if (given !== undefined && !isApiKey(given)) {
    throw new ConfigError('BOOTSTRAP_API_KEY is not an API key. "npm run tenants -- generate-key" prints one.');
  }
  await registry.create(tenantId, given ?? (await keyInFile(adminKeyFile(config))), now);
  return { tenantId, fresh: true, keyPlace };
}

async function keyInFile(path: string): Promise<string> {
  await writeSecretFile(path, generateApiKey(), { keep: true });
  const key = (await readFile(path, 'utf8')).trim();
  if (!isApiKey(key)) throw new ConfigError(`${path} does not hold an API key. Move it away and start again.`);
  return key;
}
