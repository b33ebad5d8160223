import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Config } from '../../config.js';
import { PeriodicTask } from '../../shared/async/periodic-task.js';
import { MetadataFilterIndex } from '../../shared/persistence/metadata-filter-index.js';
import { MetadataValuesRepository } from './metadata-values.repository.js';

const WAIT_INTERVAL_MS = 50;
/** Longer than any transaction of a server can take. */
const MAX_WAIT_MS = 60_000;

/**
 * Fills in the values of keys that a tenant has declared as filters, and removes those of keys that it declares no longer: soon after the
 * change, and at every interval what a crash left, in every process. Statements that began before the change know nothing of it, so it
 * waits until they have ended. Repeating a step changes nothing.
 */
@Injectable()
export class MetadataFilterUpdater
  extends MetadataFilterIndex
  implements OnApplicationBootstrap, BeforeApplicationShutdown
{
  private readonly task = new PeriodicTask(
    MetadataFilterUpdater.name,
    'Failed to update the values of metadata filters',
  );

  constructor(
    private readonly values: MetadataValuesRepository,
    private readonly config: Config,
  ) {
    super();
  }

  onApplicationBootstrap(): void {
    this.task.every(this.config.settings.LICENSE_TIMER_INTERVAL_MS, () => this.sweep());
    this.updateSoon();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.task.stop();
  }

  updateSoon(): void {
    this.task.runSoon(() => this.sweep());
  }

  /** Updates tenant by tenant, until none is left. One that fails does not stop the others, and is tried again at the next interval. */
  async sweep(): Promise<void> {
    const failed = new Set<string>();
    for (;;) {
      const pending = await this.values.tenantsWithPending();
      const tenants = pending.filter((tenantId) => !failed.has(tenantId));
      if (tenants.length === 0 || this.task.stopped) return;
      for (const tenantId of tenants) {
        failed.add(tenantId);
        await this.task.attempt(async () => {
          await this.updateTenant(tenantId);
          failed.delete(tenantId);
        }, ` of tenant ${tenantId}`);
      }
    }
  }

  /** Does what is pending. Keys that were changed meanwhile stay pending. */
  private async updateTenant(tenantId: string): Promise<void> {
    const keys = await this.values.findKeys(tenantId);
    await this.waitForOlderTransactions();
    while (await this.values.removeChunk(tenantId, keys)) if (this.task.stopped) return;
    if (keys.pending.some((key) => keys.declared.includes(key))) {
      let after = await this.values.fillChunk(tenantId, keys);
      while (after !== undefined) {
        if (this.task.stopped) return;
        after = await this.values.fillChunk(tenantId, keys, after);
      }
    }
    await this.values.complete(tenantId, keys);
  }

  /** Waits until all transactions of servers that are in progress now have ended. */
  private async waitForOlderTransactions(): Promise<void> {
    let older = await this.values.transactionsInProgress();
    for (
      const deadline = Date.now() + MAX_WAIT_MS;
      older.length > 0 && !this.task.stopped;
      await pause(WAIT_INTERVAL_MS)
    ) {
      const now = new Set(await this.values.transactionsInProgress());
      older = older.filter((id) => now.has(id));
      if (older.length > 0 && Date.now() > deadline) throw new Error('A transaction of a server does not end.');
    }
  }
}
