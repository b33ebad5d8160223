import type pg from 'pg';
import { ConfigError, type Config } from '../config.js';
import { EmbeddedPostgres, embeddedProblem } from '../embedded-postgres/embedded-postgres.js';
import { withClient } from '../database/with-client.js';

/** The database as its owner, who may do what servers may not. */
export interface OwnedDatabase {
  readonly owner: pg.Client;
  readonly ownerUrl: string;
  readonly applicationUrl: string;
}

/**
 * Works on the database in DATABASE_OWNER_URL, else on the embedded one: beside a running server, or, where it must be
 * `alone`, only while none runs. Throws ConfigError, EmbeddedPostgresError.
 */
export async function withOwner<T>(
  config: Config,
  program: string,
  work: (database: OwnedDatabase) => Promise<T>,
  { exclusive = false } = {},
): Promise<T> {
  const connect = (ownerUrl: string, applicationUrl: string) =>
    withClient(ownerUrl, (owner) => work({ owner, ownerUrl, applicationUrl }));
  if (config.databaseOwnerUrl !== undefined) return connect(config.databaseOwnerUrl, config.databaseUrl ?? '');
  if (config.databaseUrl !== undefined) throw new ConfigError('Set DATABASE_OWNER_URL: this is for the owner role.');
  const embedded = await EmbeddedPostgres.start(config.dataDir, program, { allowShared: !exclusive });
  try {
    return await connect(embedded.ownerUrl(), embedded.applicationUrl());
  } catch (error) {
    throw embeddedProblem(error);
  } finally {
    await embedded.stop();
  }
}
