import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { PeriodicTask } from '../async/periodic-task.js';
import type { Transaction } from '../persistence/transaction.js';
import type { TenantSweeper } from './tenant-sweeper.js';

/** Timer of every process: does, at the start and at every interval, what has become due of each tenant. */
export abstract class TenantTimer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  protected readonly task: PeriodicTask;
  /**
   * Queries for rows that may be due: what follows FROM, about `tenant.tenant_id` at the time $1. A tenant in which none of them finds a row is not
   * swept, so they find all that `sweepTenant` does, and may find more.
   */
  protected abstract readonly due: readonly string[];

  /** `failure` begins the text of the warning about a tenant whose sweep failed. */
  constructor(
    protected readonly sweeper: TenantSweeper,
    private readonly intervalMs: number,
    failure: string,
  ) {
    this.task = new PeriodicTask(new.target.name, failure);
  }

  onApplicationBootstrap(): void {
    this.task.every(this.intervalMs, () => this.sweep());
    this.runSoon();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.task.stop();
  }

  /** Begins a sweep after the work in progress. */
  runSoon(): void {
    this.task.runSoon(() => this.sweep());
  }

  /** Sweeps each tenant in which something may be due. A failure for one does not stop the others. */
  async sweep(): Promise<void> {
    for (const tenantId of await this.tenantsWithDue()) {
      if (this.task.stopped) return;
      await this.task.attempt(() => this.sweepTenant(tenantId), ` of tenant ${tenantId}`);
    }
  }

  /** Returns the tenants in which something may be due, in order of their ids, by one statement. */
  tenantsWithDue(): Promise<string[]> {
    return this.sweeper.findTenants(this.constructor.name, this.due);
  }

  protected abstract sweepTenant(tenantId: string): Promise<void>;

  /** Calls `process` as `TenantSweeper.inChunks` does. */
  protected inChunks(
    tenantId: string,
    size: number,
    process: (transaction: Transaction, now: Date) => Promise<number>,
  ): Promise<void> {
    return this.sweeper.inChunks(this.task, { tenantId, size }, process);
  }
}
