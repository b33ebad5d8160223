import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { DatabaseUnavailableError, OutcomeUnknownError } from '../database/database.errors.js';
import { EventLog, MAX_TENANTS } from './event-log.js';

/**
 * Shortest time between the starts of two rounds, which bounds the transactions under load. The first event after a pause is moved at
 * once.
 */
const INTERVAL_MS = 50;

/** The callers that wait for the events of one tenant. */
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
 * Moves events into the log, one transaction at a time. Events that arrive while one is in flight share the next, so that load costs few
 * transactions and no counter row has a queue of locks.
 */
@Injectable()
export class EventRecorder implements BeforeApplicationShutdown {
  /** Waiting callers by tenant, in order of arrival. */
  private waiting = new Map<string, Waiter>();
  /** Undefined while no caller waits. */
  private rounds: Promise<void> | undefined;
  private startedAt = -Infinity;

  constructor(private readonly log: EventLog) {}

  /** Resolves once the committed events of the tenant are in the log. */
  record(tenantId: string): Promise<void> {
    let waiter = this.waiting.get(tenantId);
    if (!waiter) this.waiting.set(tenantId, (waiter = new Waiter()));
    this.rounds ??= this.moveAll();
    return waiter.moved;
  }

  /** Waits for the last round at shutdown, because the bus does not wait for commands that a saga dispatched. */
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
    // The loop ends in the same turn in which it found no waiting caller, so that the next caller starts a new loop.
    this.rounds = undefined;
  }

  /** Moves the events of some tenants. A tenant with events left waits behind the other tenants. */
  private async move(some: Waiters): Promise<void> {
    try {
      const isMore = await this.log.move(some.map(([tenantId]) => tenantId));
      for (const [tenantId, waiter] of some) {
        if (isMore) this.record(tenantId).then(waiter.resolve, waiter.reject);
        else waiter.resolve();
      }
    } catch (error) {
      // Each tenant is retried by itself, so that faulty events of one tenant do not hold up the others. Without a database that would only
      // delay a shutdown; the relay moves the events later.
      const isDown = error instanceof DatabaseUnavailableError || error instanceof OutcomeUnknownError;
      if (some.length > 1 && !isDown) for (const each of some) await this.move([each]);
      else for (const [, waiter] of some) waiter.reject(error);
    }
  }
}
