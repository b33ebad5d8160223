import type pg from 'pg';
import { ConfigError, type Config } from '../config.js';
import { EmbeddedPostgres, embeddedProblem } from '../embedded-postgres/embedded-postgres.js';
import { withClient } from '../database/with-client.js';

/** The database as its owner, who has rights that servers lack. */
export interface OwnedDatabase {
  readonly owner: pg.Client;
  readonly ownerUrl: string;
  readonly applicationUrl: string;
}

/**
 * Works on the database in DATABASE_OWNER_URL, else on the embedded one; if `exclusive`, the embedded one must not be in use. Throws
 * ConfigError, EmbeddedPostgresError.
 */
export async function withOwner<T>(
  config: Config,
  program: string,
  work: (database: OwnedDatabase) => Promise<T>,
  { exclusive = false } = {},
): Promise<T> {
  const runOn = (ownerUrl: string, applicationUrl: string) =>
    withClient(ownerUrl, (owner) => work({ owner, ownerUrl, applicationUrl }));
  if (config.databaseOwnerUrl !== undefined) return runOn(config.databaseOwnerUrl, config.databaseUrl ?? '');
  if (config.databaseUrl !== undefined)
    throw new ConfigError('Set DATABASE_OWNER_URL: this command needs the owner role.');
  const embedded = await EmbeddedPostgres.start(config.dataDir, program, { allowShared: !exclusive });
  try {
    return await runOn(embedded.ownerUrl(), embedded.applicationUrl());
  } catch (error) {
    throw embeddedProblem(error);
  } finally {
    await embedded.stop();
  }
}
