import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { DatabaseUnavailableError, OutcomeUnknownError } from '../database/database.errors.js';
import { Coalescer, type Outcome } from '../shared/async/coalescer.js';
import { EventLog, MAX_TENANTS } from './event-log.js';

/**
 * Shortest time between the starts of two moves, which bounds the transactions under load. The first event after a pause is moved at once.
 */
const INTERVAL_MS = 50;

/**
 * Moves events into the log, one transaction at a time. Events that arrive while one is in flight share the next, so that load costs few
 * transactions and no counter row has a queue of locks.
 */
@Injectable()
export class EventRecorder implements BeforeApplicationShutdown {
  /** Waiting moves by tenant, which the callers of one tenant share. */
  private readonly waiting = new Map<string, Promise<void>>();
  private readonly moves = new Coalescer<string, void>({
    maxGroupSize: MAX_TENANTS,
    maxInFlight: 1,
    intervalMs: INTERVAL_MS,
    run: (tenantIds) => this.move(tenantIds),
    // Each tenant is retried by itself, so that faulty events of one tenant do not hold up the others. Without a database that would only
    // delay a shutdown; the relay moves the events later.
    isolationAfter: (error) =>
      error instanceof DatabaseUnavailableError || error instanceof OutcomeUnknownError ? 'NOT' : 'SINGLY',
  });

  constructor(private readonly log: EventLog) {}

  /** Resolves once the committed events of the tenant are in the log. */
  record(tenantId: string): Promise<void> {
    const waiting = this.waiting.get(tenantId);
    if (waiting) return waiting;
    const moved = this.moves.add(tenantId);
    this.waiting.set(tenantId, moved);
    return moved;
  }

  /** Waits for the last move at shutdown, because the bus does not wait for commands that a saga dispatched. */
  beforeApplicationShutdown(): Promise<void> {
    return this.moves.whenIdle();
  }

  /** Moves the events of some tenants. A tenant with events left waits behind the other tenants. */
  private async move(tenantIds: readonly string[]): Promise<readonly Outcome<void>[]> {
    for (const tenantId of tenantIds) this.waiting.delete(tenantId);
    const isMore = await this.log.move(tenantIds);
    return tenantIds.map(() => (isMore ? 'RETRY' : { result: undefined }));
  }
}
