import type { TypeOrmModuleOptions } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Config } from '../config.js';
import { migrations, MIGRATIONS_TABLE } from './migrations/index.js';
import { PoolConnection } from './pool-connection.js';
import { PoolMonitor } from './pool-monitor.js';

/** Time that a response may take on the network beyond PostgreSQL's own statement timeout. */
const NETWORK_MARGIN_MS = 1_000;
/** Idle time after which TCP keepalive probes begin. */
const KEEPALIVE_DELAY_MS = 10_000;

/**
 * Options of the server's connections: pipelined, with a limited number and limited waits. Session settings belong to the role (decision
 * 0027).
 */
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

/** Data source of the owner role, for migrations. */
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
