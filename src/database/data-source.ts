import type { TypeOrmModuleOptions } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Config } from '../config.js';
import { migrations, MIGRATIONS_TABLE } from './migrations/index.js';
import { PoolConnection } from './pool-connection.js';
import { PoolMonitor } from './pool-monitor.js';

/** PostgreSQL ends a statement that takes too long; its answer gets so long for the way. */
const NETWORK_MARGIN_MS = 1_000;
/** After so long without a word a peer is asked whether it still exists. */
const KEEPALIVE_DELAY_MS = 10_000;

/** How the server reaches PostgreSQL: pipelined, bounded in connections and in waiting. What its sessions are like stands with the role. */
export function applicationDataSourceOptions(
  url: string,
  { settings }: Config,
  namedStatements: boolean,
): TypeOrmModuleOptions {
  return {
    type: 'postgres',
    retryAttempts: 0,
    autoLoadEntities: true,
    poolSize: settings.DATABASE_POOL_SIZE,
    extra: {
      connectionString: url,
      application_name: 'imprimatur',
      pipeline: true,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEPALIVE_DELAY_MS,
      Client: PoolConnection,
      namedStatements,
      monitor: new PoolMonitor(settings.DATABASE_LOCK_TIMEOUT_MS + NETWORK_MARGIN_MS),
      answerTimeoutMs: settings.DATABASE_STATEMENT_TIMEOUT_MS + NETWORK_MARGIN_MS,
      connectionTimeoutMillis: settings.DATABASE_POOL_WAIT_MS,
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
