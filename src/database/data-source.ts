import type { TypeOrmModuleOptions } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Config } from '../config.js';
import { migrations, MIGRATIONS_TABLE } from './migrations/index.js';

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
      pipeline: true,
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
