import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { EventLog } from './event-log.js';

/** Tenants whose events are moved in one transaction at most: so long does a counter row stay locked for other processes. */
const MAX_TENANTS = 100;

/** And events: so long does a statement take at most, however many wait. */
const MAX_EVENTS = 1_000;

/** From one transaction to the next at least, so that load costs few of them; what comes after a pause is moved at once. */
const INTERVAL_MS = 50;

/** Events that wait, by tenant, and who waits for them. */
interface Batch {
  readonly byTenant: Map<string, string[]>;
  readonly moved: Promise<void>;
}

/**
 * Moves events into the log, one transaction at a time: what arrives while one is under way waits and goes together in the
 * next, whosever it is. So load costs few transactions, and a tenant's counter row has no queue.
 */
@Injectable()
export class EventRecorder implements BeforeApplicationShutdown {
  private waiting: Batch | undefined;
  /** The last batch that was made; settled when nothing is under way. */
  private last: Promise<void> = Promise.resolve();
  private unsettled = 0;
  private begunAt = -Infinity;

  constructor(private readonly log: EventLog) {}

  /** Settles when the events are in the log, or were before. */
  record(tenantId: string, eventIds: readonly string[]): Promise<void> {
    const batch = (this.waiting ??= this.nextBatch());
    const ids = batch.byTenant.get(tenantId);
    if (ids) ids.push(...eventIds);
    else batch.byTenant.set(tenantId, [...eventIds]);
    return batch.moved;
  }

  /** The bus does not wait for what a saga dispatched, so whoever shuts down must. */
  async beforeApplicationShutdown(): Promise<void> {
    while (this.unsettled > 0) await this.last.catch(() => undefined);
  }

  /** Closed, and begun, when the one before it has ended. */
  private nextBatch(): Batch {
    const byTenant = new Map<string, string[]>();
    this.unsettled++;
    const moved = this.last
      .catch(() => undefined)
      .then(() => pause(Math.max(0, this.begunAt + INTERVAL_MS - performance.now())))
      .then(() => {
        this.waiting = undefined;
        this.begunAt = performance.now();
        return this.moveAll(byTenant);
      })
      .finally(() => this.unsettled--);
    this.last = moved;
    return { byTenant, moved };
  }

  private async moveAll(byTenant: ReadonlyMap<string, string[]>): Promise<void> {
    const failures: unknown[] = [];
    for (const some of piecesOf(byTenant)) {
      await this.log.append(new Map(some)).catch(async (error: unknown) => {
        failures.push(...(some.length === 1 ? [error] : await this.moveEach(some)));
      });
    }
    if (failures.length > 0) throw failures[0];
  }

  /** What is wrong with one tenant's events must not keep the others'. */
  private async moveEach(tenants: readonly (readonly [string, readonly string[]])[]): Promise<unknown[]> {
    const failures: unknown[] = [];
    for (const tenant of tenants)
      await this.log.append(new Map([tenant])).catch((error: unknown) => failures.push(error));
    return failures;
  }
}

/** Each small enough for one transaction; events of one tenant stay in their order. */
function* piecesOf(byTenant: ReadonlyMap<string, readonly string[]>): Generator<[string, readonly string[]][]> {
  let piece: [string, readonly string[]][] = [];
  let room = MAX_EVENTS;
  for (const [tenantId, ids] of byTenant) {
    for (let at = 0; at < ids.length;) {
      const some = ids.slice(at, at + room);
      piece.push([tenantId, some]);
      at += some.length;
      room -= some.length;
      if (room > 0 && piece.length < MAX_TENANTS) continue;
      yield piece;
      [piece, room] = [[], MAX_EVENTS];
    }
  }
  if (piece.length > 0) yield piece;
}
