import { Injectable, Logger } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { Pool, QueryResult } from 'pg';
import { DataSource } from 'typeorm';
import { poolOf } from '../database/library-internals.js';
import { Metrics } from '../shared/metrics.js';
import { withTimeout } from '../shared/async/with-timeout.js';
import { addGauge } from './add-gauge.js';

/** Far below the timeout of a scraper: metrics of the process are delivered also while the database does not respond. */
const READ_TIMEOUT_MS = 1_000;
/** Most rows that are counted. */
const MAX_ROWS = 10_000;

/** Reads an index, which drops entries of moved rows sooner than the table. Both statements are one message and so one transaction. */
const READ_OUTBOX = `
  SET LOCAL statement_timeout = ${READ_TIMEOUT_MS};
  SELECT count(*)::int AS rows,
         greatest(0, coalesce(extract(epoch FROM clock_timestamp() - min(stored_at)), 0))::float8 AS oldest_s
  FROM (SELECT stored_at FROM outbox ORDER BY tenant_id, id LIMIT ${MAX_ROWS}) AS counted`;

interface OutboxState {
  readonly rows: number;
  readonly oldest_s: number;
}

/** Metrics of the pool and the outbox, read at each scrape. */
@Injectable()
export class DatabaseMetrics {
  private readonly logger = new Logger(DatabaseMetrics.name);
  private readonly pool: Pool;
  private reading: Promise<OutboxState | undefined> | undefined;

  constructor({ registry }: Metrics, @InjectDataSource() dataSource: DataSource) {
    const pool = poolOf(dataSource);
    this.pool = pool;
    const gauge = addGauge.bind(undefined, registry);
    gauge('imprimatur_database_pool_size', 'Open connections.', () => pool.totalCount);
    gauge(
      'imprimatur_database_pool_max',
      'Most connections that may be open: DATABASE_POOL_SIZE.',
      () => pool.options.max,
    );
    gauge('imprimatur_database_pool_idle', 'Idle connections.', () => pool.idleCount);
    gauge('imprimatur_database_pool_waiting', 'Requests waiting for a connection.', () => pool.waitingCount);
    const rows = `Events not yet in the event log, at most ${MAX_ROWS}.`;
    gauge('imprimatur_outbox_rows', rows, async () => (await this.readOutbox())?.rows);
    const age = 'Age of the oldest event not yet in the event log.';
    gauge('imprimatur_outbox_oldest_age_seconds', age, async () => (await this.readOutbox())?.oldest_s);
  }

  /** Reads with one statement that concurrent scrapes share. Undefined if it fails or takes too long. */
  private readOutbox(): Promise<OutboxState | undefined> {
    this.reading ??= this.pool
      .query(READ_OUTBOX)
      .then((results) => (results as unknown as [unknown, QueryResult<OutboxState>])[1].rows[0])
      .catch((error: unknown) => {
        this.logger.warn(`Failed to read outbox metrics: ${String(error)}`);
        return undefined;
      })
      .finally(() => {
        this.reading = undefined;
      });
    return withTimeout(READ_TIMEOUT_MS, this.reading);
  }
}
