import { Injectable, Logger, ServiceUnavailableException } from '@nestjs/common';
import { HealthIndicatorService } from '@nestjs/terminus';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { monitorOf } from '../database/pool.js';
import { pendingMigrations } from '../database/preflight.js';
import { withTimeout } from '../shared/async/with-timeout.js';

/** Below the timeout of most probes. */
const PROBE_TIMEOUT_MS = 3_000;

/** The server should not receive requests. */
export class NotReadyError extends ServiceUnavailableException {
  constructor(reason: string, cause?: unknown) {
    super(`The server is not ready: ${reason}.`, { cause, errorCode: 'NOT_READY' });
  }
}

/**
 * Readiness: the database responds, is writable and has all migrations, and the pool's connections in use get responses too, because a
 * probe on another connection does not notice a half-open one.
 */
@Injectable()
export class DatabaseHealth {
  private readonly logger = new Logger(DatabaseHealth.name);
  private probe: Promise<{ fault: string | undefined }> | undefined;
  private reason: string | undefined;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly indicators: HealthIndicatorService,
  ) {}

  /** Logs changes of the state, not each probe. Throws NotReadyError. */
  async check(key: string) {
    try {
      const result = await this.assertReady(key);
      if (this.reason !== undefined) this.logger.log('The server is ready again.');
      this.reason = undefined;
      return result;
    } catch (error) {
      if (error instanceof NotReadyError && error.message !== this.reason) {
        this.reason = error.message;
        this.logger.warn({
          message: error.message,
          cause: error.cause instanceof Error ? error.cause.message : undefined,
        });
      }
      throw error;
    }
  }

  private async assertReady(key: string) {
    const { trouble } = monitorOf(this.dataSource);
    if (trouble !== undefined) throw new NotReadyError(trouble);
    // One probe at a time, shared by concurrent requests: an unresponsive database must not accumulate probes.
    this.probe ??= this.findFault().finally(() => {
      this.probe = undefined;
    });
    const found = await withTimeout(PROBE_TIMEOUT_MS, this.probe).catch((error: unknown) => {
      throw new NotReadyError('the database cannot be reached', error);
    });
    if (!found) throw new NotReadyError(`the database has not answered within ${PROBE_TIMEOUT_MS} ms`);
    if (found.fault !== undefined) throw new NotReadyError(found.fault);
    return this.indicators.check(key).up();
  }

  private async findFault(): Promise<{ fault: string | undefined }> {
    const [row] = await this.dataSource.query<{ standby: boolean; read_only: boolean }[]>(
      `SELECT pg_is_in_recovery() AS standby, current_setting('transaction_read_only')::bool AS read_only`,
    );
    if (row?.standby) return { fault: 'the database is a standby, which takes no writes' };
    if (row?.read_only) return { fault: 'the database is read-only' };
    const pending = await pendingMigrations((sql) => this.dataSource.query(sql));
    return { fault: pending.length > 0 ? 'the database is behind on migrations' : undefined };
  }
}
