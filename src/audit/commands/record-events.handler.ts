import type { BeforeApplicationShutdown } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { DatabaseUnavailableError, OutcomeUnknownError } from '../../database/database.errors.js';
import { Coalescer, type Outcome } from '../../shared/async/coalescer.js';
import { OUTBOX_COLUMNS } from '../../shared/messaging/outbox.js';
import { RecordEventsCommand } from '../../shared/messaging/record-events.command.js';
import { Metrics } from '../../shared/metrics.js';
import { SET_TENANT_OF_ROW } from '../../shared/persistence/set-tenant-of-row.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { Clock } from '../../shared/time/clock.js';

/**
 * Shortest time between the starts of two moves, which bounds the transactions under load. The first event after a pause is moved at once.
 */
const INTERVAL_MS = 50;

/** Tenants per transaction at most, which bounds the time that their counter rows stay locked for other processes. */
const MAX_TENANTS = 100;

/** Events per transaction at most, so that no statement runs long, however many events wait. */
const MAX_EVENTS = 1_000;

/**
 * Moves events from the outbox into the log; a moved event has left the outbox, so a repetition is harmless. $1: tenant ids in order,
 * in which counters are locked (decision 0022); $2: most events. For their order see decision 0032. FULL JOIN excludes a nested loop.
 */
const MOVE = {
  name: 'event-log.move',
  text: `
    WITH locked AS MATERIALIZED (
      SELECT count(*) FROM (
        SELECT tenant_id FROM (SELECT unnest($1::text[]) AS tenant_id OFFSET 0) AS each WHERE ${SET_TENANT_OF_ROW} OFFSET 0
      ) AS tenant CROSS JOIN LATERAL (
        SELECT 1 FROM license_event_counters counter WHERE counter.tenant_id = tenant.tenant_id FOR UPDATE) AS counter
    ), chosen AS MATERIALIZED (
      SELECT id FROM unnest($1::text[]) AS tenant (tenant_id) CROSS JOIN LATERAL (
        SELECT id FROM outbox WHERE outbox.tenant_id COLLATE "C" = tenant.tenant_id
        ORDER BY resource_seq NULLS FIRST LIMIT $2) AS waiting
      LIMIT $2
    ), moved AS (
      DELETE FROM outbox WHERE tenant_id = ANY($1) AND id = ANY(ARRAY(SELECT id FROM chosen)) AND (SELECT count FROM locked) >= 0
      RETURNING *
    ), counted AS (
      SELECT tenant_id, count(*) AS moves FROM moved GROUP BY tenant_id ORDER BY tenant_id OFFSET 0
    ), counter AS (
      INSERT INTO license_event_counters AS kept (tenant_id, last_seq)
      SELECT tenant_id, moves FROM counted WHERE ${SET_TENANT_OF_ROW}
      ON CONFLICT (tenant_id) DO UPDATE SET last_seq = kept.last_seq + EXCLUDED.last_seq
      RETURNING tenant_id, last_seq
    ), placed AS (
      SELECT *, row_number() OVER (PARTITION BY tenant_id ORDER BY stored_at, id) AS place FROM moved
    ), ordered AS (
      SELECT *, max(place) OVER (
        PARTITION BY tenant_id, coalesce(license_id::text, resource_type || ' ' || resource_id), resource_seq IS NULL
        ORDER BY resource_seq, place) AS turn
      FROM placed
    ), numbered AS (
      SELECT ordered.*, last_seq + 1 - row_number() OVER (PARTITION BY tenant_id ORDER BY turn DESC, resource_seq DESC) AS seq
      FROM ordered FULL JOIN counter USING (tenant_id) OFFSET 0
    ), logged AS (
      INSERT INTO license_event_logs (seq, ${OUTBOX_COLUMNS}) SELECT seq, ${OUTBOX_COLUMNS}
      FROM numbered WHERE ${SET_TENANT_OF_ROW}
    )
    SELECT count(*)::int AS chosen FROM chosen`,
};

/**
 * Moves events into the log, one transaction at a time. Events that arrive while one is in flight share the next, so that load costs few
 * transactions and no counter row has a queue of locks.
 */
@CommandHandler(RecordEventsCommand)
export class RecordEventsHandler implements ICommandHandler<RecordEventsCommand>, BeforeApplicationShutdown {
  /** Waiting moves by tenant, which the commands of one tenant share. */
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

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    private readonly metrics: Metrics,
  ) {}

  async execute({ tenantId, eventIds }: RecordEventsCommand): Promise<void> {
    // The move is shared with other callers' events, so a unit of work that may be rolled back cannot contain it.
    if (this.unitOfWork.isOpen) throw new Error('Events are recorded after the unit of work, not in it.');
    const moved = this.waiting.get(tenantId) ?? this.moves.add(tenantId);
    this.waiting.set(tenantId, moved);
    await moved;
    const now = this.clock.now().getTime();
    // The time of an id may be some milliseconds ahead of the clock; see newId.
    for (const id of eventIds) this.metrics.auditLagSeconds.observe(Math.max(0, now - occurredAt(id)) / 1000);
  }

  /** Waits for the last move at shutdown, because the bus does not wait for commands that a saga dispatched. */
  beforeApplicationShutdown(): Promise<void> {
    return this.moves.whenIdle();
  }

  /** Moves the events of some tenants in one transaction. A tenant with events left waits behind the other tenants. */
  private async move(tenantIds: readonly string[]): Promise<readonly Outcome<void>[]> {
    for (const tenantId of tenantIds) this.waiting.delete(tenantId);
    const values = [tenantIds.toSorted(), MAX_EVENTS];
    const [moved] = await this.unitOfWork.executeStandalone<{ chosen: number }>({ ...MOVE, values });
    return tenantIds.map(() => (moved?.chosen === MAX_EVENTS ? 'RETRY' : { result: undefined }));
  }
}

/** Returns the time of an event in ms. An event id is a UUID v7 and begins with the millisecond of its creation. */
function occurredAt(eventId: string): number {
  return Number.parseInt(eventId.slice(0, 8) + eventId.slice(9, 13), 16);
}
