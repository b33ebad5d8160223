import type { TypeOrmModuleOptions } from '@nestjs/typeorm';
import type { ClientBase } from 'pg';
import { DataSource } from 'typeorm';
import type { Config } from '../config.js';
import { migrations, MIGRATIONS_TABLE } from './migrations/index.js';

/**
 * A plan is kept and used for all tenants, also when tables have grown a thousandfold since it was made: so whatever has an
 * index goes by it, even where the table is still so small that reading all of it would do. And no statement of ours is so
 * long that compiling it would pay.
 */
const PLANNER = '-c enable_seqscan=off -c jit=off';
/** What is read as JSON is written in the way that the server reads. */
const FORMS = '-c timezone=UTC -c bytea_output=hex';

/** How the server reaches PostgreSQL: pipelined, bounded in connections and in every kind of waiting. */
export function applicationDataSourceOptions(url: string, { settings }: Config): TypeOrmModuleOptions {
  return {
    type: 'postgres',
    retryAttempts: 0,
    autoLoadEntities: true,
    poolSize: settings.DATABASE_POOL_SIZE,
    extra: {
      connectionString: url,
      application_name: 'imprimatur',
      options: `${PLANNER} ${FORMS}`,
      pipeline: true,
      onConnect: (client: ClientBase) => client.on('error', heard),
      connectionTimeoutMillis: settings.DATABASE_POOL_WAIT_MS,
      statement_timeout: settings.DATABASE_STATEMENT_TIMEOUT_MS,
      lock_timeout: settings.DATABASE_LOCK_TIMEOUT_MS,
      idle_in_transaction_session_timeout: settings.DATABASE_IDLE_TRANSACTION_TIMEOUT_MS,
    },
  };
}

/**
 * A connection that breaks tells its statements, or fails the next. It also tells whoever listens, and the process dies where nobody
 * does: as between the moment it was made or lent and the moment it is used.
 */
function heard(): void {
  // Its statements have been told.
}

/** The owner's connection, which migrates. */
export function ownerDataSource(url: string): DataSource {
  return new DataSource({
    type: 'postgres',
    entities: [],
    migrations,
    migrationsTableName: MIGRATIONS_TABLE,
    poolSize: 2,
    extra: { connectionString: url, application_name: 'imprimatur migrate' },
  });
}
