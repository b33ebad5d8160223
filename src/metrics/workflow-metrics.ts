import { Injectable, Logger } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { Pool, QueryResult } from 'pg';
import { DataSource } from 'typeorm';
import { poolOf } from '../database/library-internals.js';
import { WORKFLOW_SCHEMA } from '../database/workflow-schema.js';
import { withTimeout } from '../shared/async/with-timeout.js';
import { Metrics } from '../shared/metrics.js';
import { addGauge } from './add-gauge.js';

const READ_TIMEOUT_MS = 1_000;

/** Reads the engine's table, which has the runs of all tenants. Both statements are one message and so one transaction. */
const READ_RUNS = `
  SET LOCAL statement_timeout = ${READ_TIMEOUT_MS};
  SELECT count(*)::int AS open,
         greatest(0, coalesce(extract(epoch FROM clock_timestamp()) - min(created_at) / 1000.0, 0))::float8 AS oldest_s
  FROM ${WORKFLOW_SCHEMA}.workflow_status WHERE status IN ('ENQUEUED', 'DELAYED', 'PENDING')`;

interface OpenRuns {
  readonly open: number;
  readonly oldest_s: number;
}

/** Metrics of open workflow runs, read at each scrape. */
@Injectable()
export class WorkflowMetrics {
  private readonly logger = new Logger(WorkflowMetrics.name);
  private readonly pool: Pool;
  private reading: Promise<OpenRuns | undefined> | undefined;

  constructor({ registry }: Metrics, @InjectDataSource() dataSource: DataSource) {
    this.pool = poolOf(dataSource);
    const gauge = addGauge.bind(undefined, registry);
    gauge(
      'imprimatur_workflow_runs_open',
      'Workflow runs that have not ended, of all tenants.',
      async () => (await this.read())?.open,
    );
    const age = 'Age of the oldest workflow run that has not ended; it may wait for a signal.';
    gauge('imprimatur_workflow_oldest_open_age_seconds', age, async () => (await this.read())?.oldest_s);
  }

  /** Reads with one statement that concurrent scrapes share. Undefined if it fails or takes too long. */
  private read(): Promise<OpenRuns | undefined> {
    this.reading ??= this.pool
      .query(READ_RUNS)
      .then((results) => (results as unknown as [unknown, QueryResult<OpenRuns>])[1].rows[0])
      .catch((error: unknown) => {
        this.logger.warn(`Failed to read workflow metrics: ${String(error)}`);
        return undefined;
      })
      .finally(() => {
        this.reading = undefined;
      });
    return withTimeout(READ_TIMEOUT_MS, this.reading);
  }
}
