import type { TypeOrmModuleOptions } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Config } from '../config.js';
import { migrations, MIGRATIONS_TABLE } from './migrations/index.js';
import { PoolConnection } from './pool-connection.js';
import { PoolMonitor } from './pool-monitor.js';

/**
 * A plan is kept and used for all tenants, also when tables have grown a thousandfold since it was made: so whatever has an
 * index goes by it, even where the table is still so small that reading all of it would do. And no statement of ours is so
 * long that compiling it would pay.
 */
const PLANNER = '-c enable_seqscan=off -c jit=off';
/** What is read as JSON is written in the way that the server reads. */
const FORMS = '-c timezone=UTC -c bytea_output=hex';

/** PostgreSQL ends a statement that takes too long; its answer gets so long for the way. */
const NETWORK_MARGIN_MS = 1_000;
/** After so long without a word a peer is asked whether it still exists. */
const KEEPALIVE_DELAY_MS = 10_000;

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
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEPALIVE_DELAY_MS,
      Client: PoolConnection,
      monitor: new PoolMonitor(settings.DATABASE_LOCK_TIMEOUT_MS + NETWORK_MARGIN_MS),
      answerTimeoutMs: settings.DATABASE_STATEMENT_TIMEOUT_MS + NETWORK_MARGIN_MS,
      connectionTimeoutMillis: settings.DATABASE_POOL_WAIT_MS,
      statement_timeout: settings.DATABASE_STATEMENT_TIMEOUT_MS,
      lock_timeout: settings.DATABASE_LOCK_TIMEOUT_MS,
      idle_in_transaction_session_timeout: settings.DATABASE_IDLE_TRANSACTION_TIMEOUT_MS,
    },
  };
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
