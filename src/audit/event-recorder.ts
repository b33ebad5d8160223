import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { EventLog, MAX_TENANTS } from './event-log.js';

/** From one round of moves to the next at least, so that load costs few of them; what comes after a pause is moved at once. */
const INTERVAL_MS = 50;

/** The callers that wait for the events of a tenant. */
class Waiter {
  resolve!: () => void;
  reject!: (error: unknown) => void;
  readonly moved = new Promise<void>((resolve, reject) => {
    this.resolve = resolve;
    this.reject = reject;
  });
}
type Waiters = readonly (readonly [tenantId: string, waiter: Waiter])[];

/**
 * Moves events into the log, one transaction at a time: what arrives while one is under way waits and goes together in the
 * next, whosever it is. So load costs few transactions, and a tenant's counter row has no queue.
 */
@Injectable()
export class EventRecorder implements BeforeApplicationShutdown {
  /** By tenant, in the order in which they came. */
  private waiting = new Map<string, Waiter>();
  /** Undefined when nobody waits. */
  private rounds: Promise<void> | undefined;
  private startedAt = -Infinity;

  constructor(private readonly log: EventLog) {}

  /** Settles when the events of the tenant that are committed now are in the log. */
  record(tenantId: string): Promise<void> {
    let waiter = this.waiting.get(tenantId);
    if (!waiter) this.waiting.set(tenantId, (waiter = new Waiter()));
    this.rounds ??= this.moveAll();
    return waiter.moved;
  }

  /** The bus does not wait for what a saga dispatched, so whoever shuts down must. */
  async beforeApplicationShutdown(): Promise<void> {
    while (this.rounds) await this.rounds;
  }

  private async moveAll(): Promise<void> {
    while (this.waiting.size > 0) {
      await pause(Math.max(0, this.startedAt + INTERVAL_MS - performance.now()));
      this.startedAt = performance.now();
      const round = [...this.waiting];
      this.waiting = new Map();
      for (let at = 0; at < round.length; at += MAX_TENANTS) await this.move(round.slice(at, at + MAX_TENANTS));
    }
    // In the same turn as the look at who waits, so that whoever comes later begins anew.
    this.rounds = undefined;
  }

  /** A tenant that has more to move than goes in one transaction waits behind the others. */
  private async move(some: Waiters): Promise<void> {
    try {
      const isMore = await this.log.move(some.map(([tenantId]) => tenantId));
      for (const [tenantId, waiter] of some) {
        if (isMore) this.record(tenantId).then(waiter.resolve, waiter.reject);
        else waiter.resolve();
      }
    } catch (error) {
      // A fault in one tenant's events must not hold up those of the others.
      if (some.length > 1) for (const each of some) await this.move([each]);
      else for (const [, waiter] of some) waiter.reject(error);
    }
  }
}
