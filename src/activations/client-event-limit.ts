import { Injectable } from '@nestjs/common';
import { violates } from '../database/sql-errors.js';
import type { IntegrationEvent } from '../shared/messaging/integration-event.js';
import { SET_TENANT_OF_ROW } from '../shared/persistence/set-tenant-of-row.js';
import type { Transaction } from '../shared/persistence/transaction.js';
import { UnitOfWork } from '../shared/persistence/unit-of-work.js';
import { RateLimitedError } from '../shared/limits/rate-limit.errors.js';
import type { Actor } from '../shared/access/actor.js';
import { seatLimit, type SeatPolicy } from './seats.js';
import { ClientEventLimitReachedEvent, type LimitEffect } from './events/client-event-limit-reached.event.js';

export const HOUR_MS = 60 * 60 * 1000;
const BASE_CHANGES = 1_000;
const CHANGES_PER_SEAT = 20;
const UNLIMITED_SEATS_CHANGES = 20_000;
const MAX_CHANGES = 1_000_000;

/**
 * Hour of the event's time, which all processes take from the database. Retry-After is computed by the same time: a statement with a clock of
 * its own could refuse a request in one hour while Retry-After names the end of another.
 */
const hourOf = (time: string) => `date_trunc('hour', ${time}::timestamptz, 'UTC')`;
const COUNTER = `INSERT INTO license_client_events AS counted
           (tenant_id, license_id, event_type, hour, events, allowed, limit_reported)`;
const RAISE = `ON CONFLICT (tenant_id, license_id, event_type) DO UPDATE SET
           events = CASE counted.hour WHEN excluded.hour THEN counted.events + 1 ELSE 1 END,
           limit_reported = counted.limit_reported AND counted.hour = excluded.hour,
           hour = excluded.hour, allowed = excluded.allowed`;
const COUNT_EVENT = {
  name: 'client-events.count',
  text: `${COUNTER} VALUES ($1, $2, $3, ${hourOf('$5')}, 1, $4, false) ${RAISE}`,
};
const REPORT_LIMIT = {
  name: 'client-events.report',
  text: `UPDATE license_client_events SET limit_reported = true
         WHERE tenant_id = $1 AND license_id = $2 AND event_type = $3 AND hour = ${hourOf('$4')} AND NOT limit_reported
         RETURNING hour`,
};

/**
 * Returns a statement that counts the events of rows (tenant_id, license_id, event_type, occurred_at, allowed), and returns the counted ones.
 * An event beyond the limit is not counted, so that it fails no other; `record` then refuses it.
 */
export function countEventsSql(rows: string): string {
  return `${COUNTER}
    SELECT tenant_id, license_id, event_type, ${hourOf('occurred_at')}, 1, allowed, false
    FROM (${rows} OFFSET 0) AS item WHERE ${SET_TENANT_OF_ROW}
    ${RAISE} WHERE counted.hour <> excluded.hour OR counted.events < excluded.allowed
    RETURNING tenant_id, license_id`;
}

/** Programs with the license key have recorded the maximum number of events of one type in this hour. */
export class ClientEventLimitError extends RateLimitedError {
  constructor(
    readonly event: IntegrationEvent,
    readonly allowed: number,
  ) {
    const retryAfterS = Math.ceil((HOUR_MS - (event.occurredAt.getTime() % HOUR_MS)) / 1000);
    super(
      retryAfterS,
      `Programs have changed the license ${allowed} times in this hour (${event.type}). Try again in ${retryAfterS} s.`,
    );
  }
}

/** Returns the changes of one type that programs may make to a license per hour: each seat can change every three minutes. */
export function changesAllowed(license: SeatPolicy): number {
  const seats = seatLimit(license);
  if (seats === null) return UNLIMITED_SEATS_CHANGES;
  return Math.min(MAX_CHANGES, BASE_CHANGES + CHANGES_PER_SEAT * seats);
}

/**
 * Limits the events that programs add to the event log, which cannot be deleted: exactly, per license, event type and hour, over all
 * processes. Requests with an API key are not counted.
 */
@Injectable()
export class ClientEventLimit {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  /** Tells whether the limit applies to this actor. */
  static appliesTo({ subject }: Actor): boolean {
    return subject.type === 'license_key';
  }

  /** Records an event, or fails the unit of work with ClientEventLimitError, so that no change remains unrecorded. */
  record(transaction: Transaction, actor: Actor, event: IntegrationEvent, allowed: number): void {
    if (ClientEventLimit.appliesTo(actor)) {
      const values = [event.tenantId, event.resource.licenseId, event.type, allowed, event.occurredAt];
      transaction.write({ ...COUNT_EVENT, values }, (error) =>
        violates(error, 'license_client_events_allowed') ? new ClientEventLimitError(event, allowed) : error,
      );
    }
    transaction.record(event);
  }

  /**
   * Runs the work, outside any unit of work, and records that the limit refused it, because the refusal rolls back. A later refusal of the hour
   * is passed to `whenUnrecorded`.
   */
  async watch<T>(
    actor: Actor,
    licenseId: string,
    work: () => Promise<T>,
    whenUnrecorded: (at: Date) => Promise<void>,
  ): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof ClientEventLimitError) {
        const isReported = await this.report(actor, licenseId, error, 'REFUSED');
        if (!isReported) await whenUnrecorded(error.event.occurredAt);
      }
      throw error;
    }
  }

  /** Records that the limit was reached, once per hour over all processes. Returns whether this call did. */
  async report(actor: Actor, licenseId: string, limit: ClientEventLimitError, effect: LimitEffect): Promise<boolean> {
    const { event, allowed } = limit;
    return this.unitOfWork.run(actor.tenantId, async (transaction) => {
      const values = [actor.tenantId, licenseId, event.type, event.occurredAt];
      const [reported] = await transaction.query<{ hour: Date }>({ ...REPORT_LIMIT, values });
      if (!reported) return false;
      const until = new Date(reported.hour.getTime() + HOUR_MS);
      const facts = { eventType: event.type, allowed, effect, until };
      const reached = new ClientEventLimitReachedEvent(actor, event.occurredAt, licenseId, facts);
      reached.partnerId = event.partnerId;
      transaction.record(reached);
      return true;
    });
  }
}
