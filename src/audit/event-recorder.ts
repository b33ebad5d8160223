import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import pLimit from 'p-limit';
import { EventLog } from './event-log.js';

/** Moves of different tenants that may run at once: they must leave the pool's connections to requests. */
const CONCURRENT_MOVES = 4;

interface Batch {
  readonly eventIds: string[];
  moved: Promise<void>;
}

/**
 * Moves events into the log, one transaction per tenant at a time: what arrives while one is under way waits and goes
 * together in the next. So a busy tenant costs few transactions and the counter row has no queue.
 */
@Injectable()
export class EventRecorder implements BeforeApplicationShutdown {
  private readonly limit = pLimit(CONCURRENT_MOVES);
  /** The batch of each tenant that is still filling. */
  private readonly waiting = new Map<string, Batch>();
  /** The last batch of each tenant that is not done. */
  private readonly last = new Map<string, Promise<void>>();

  constructor(private readonly log: EventLog) {}

  /** Settles when the events are in the log, or were before. */
  record(tenantId: string, eventIds: readonly string[]): Promise<void> {
    const waiting = this.waiting.get(tenantId);
    if (waiting) {
      waiting.eventIds.push(...eventIds);
      return waiting.moved;
    }
    const batch: Batch = { eventIds: [...eventIds], moved: Promise.resolve() };
    const before = this.last.get(tenantId) ?? Promise.resolve();
    batch.moved = before.catch(() => undefined).then(() => this.limit(() => this.move(tenantId, batch)));
    this.waiting.set(tenantId, batch);
    this.last.set(tenantId, batch.moved);
    return batch.moved;
  }

  /** The bus does not wait for what a saga dispatched, so whoever shuts down must. */
  async beforeApplicationShutdown(): Promise<void> {
    while (this.last.size > 0) await Promise.allSettled(this.last.values());
  }

  private async move(tenantId: string, batch: Batch): Promise<void> {
    this.waiting.delete(tenantId);
    try {
      await this.log.append(tenantId, batch.eventIds);
    } finally {
      if (this.last.get(tenantId) === batch.moved) this.last.delete(tenantId);
    }
  }
}
