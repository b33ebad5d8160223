import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import { type Config, ConfigError } from '../config.js';
import { writeSecretFile } from '../shared/secrets/secret-file.js';
import { generateApiKey, isApiKey } from './api-key.js';
import { TenantRegistry } from './tenant-registry.js';

/** The first tenant and the location of its API key. */
export interface Bootstrapped {
  readonly tenantId: string;
  /** Whether this run created the tenant. */
  readonly fresh: boolean;
  /** A sentence about the location; never the API key itself. */
  readonly keyPlace: string;
}

export function adminKeyFile({ dataDir }: Config): string {
  return join(dataDir, 'admin.key');
}

/**
 * Creates the first tenant and its admin key in an empty database; undefined if only other tenants exist. The key is written to its file
 * first, so that a crash never leaves a tenant whose key is lost.
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
