import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { PeriodicTask } from '../async/periodic-task.js';
import type { Transaction } from '../persistence/transaction.js';
import type { TenantSweeper } from './tenant-sweeper.js';

/** Timer of every process: does, at the start and at every interval, what has become due of each tenant. */
export abstract class TenantTimer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  protected readonly task: PeriodicTask;

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

  /** Sweeps each tenant. A failure for one does not stop the others. */
  sweep(): Promise<void> {
    return this.sweeper.eachTenant(this.task, (tenantId) => this.sweepTenant(tenantId));
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
