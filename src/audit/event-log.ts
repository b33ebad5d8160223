import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../shared/events/unit-of-work.js';
import type { Subject } from '../shared/tenancy/actor.js';
import type { ListEventsRequest } from './license-event.dto.js';

/** One line of a tenant's history. `personal` is null when there was none, or when it was erased. */
export interface EventRow {
  readonly seq: string;
  readonly id: string;
  readonly event_type: string;
  readonly license_id: string | null;
  readonly resource_type: string;
  readonly resource_id: string;
  readonly event_data: Record<string, unknown>;
  readonly personal: Record<string, unknown> | null;
  readonly tenant_id: string;
  readonly user_id: string | null;
  readonly actor: Subject;
  readonly metadata: Record<string, unknown>;
  readonly created_at: Date;
}

/** Serialises the moves of a tenant, so that two of them cannot lock the same rows in different order. */
const LOCK_COUNTER = {
  name: 'event-log.lock-counter',
  text: 'SELECT last_seq FROM license_event_counters WHERE tenant_id = $1 FOR UPDATE',
};

/**
 * Rows leave the outbox, the counter rises by how many, and they enter the log, in one statement. What is no longer in
 * the outbox was moved before: that is what makes it idempotent. The counter is made with the tenant's first event.
 */
const MOVE = {
  name: 'event-log.move',
  text: `
    WITH moved AS (
      DELETE FROM outbox WHERE tenant_id = $1 AND id = ANY($2::uuid[]) RETURNING *
    ), counted AS (
      SELECT count(*) AS moves FROM moved
    ), counter AS (
      INSERT INTO license_event_counters AS kept (tenant_id, last_seq)
      SELECT $1, moves FROM counted WHERE moves > 0
      ON CONFLICT (tenant_id) DO UPDATE SET last_seq = kept.last_seq + EXCLUDED.last_seq
      RETURNING last_seq
    )
    INSERT INTO license_event_logs (tenant_id, seq, id, event_type, license_id, resource_type, resource_id,
                                    event_data, personal, user_id, actor, metadata, created_at)
    SELECT tenant_id, last_seq - moves + row_number() OVER (ORDER BY created_at, id), id, event_type, license_id,
           resource_type, resource_id, event_data, personal, user_id, actor, metadata, created_at
    FROM moved, counted, counter`,
};

/** `license_event_logs`: written by moving events out of the outbox, read by seq, never changed. */
@Injectable()
export class EventLog {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  /** In one transaction, tenant by tenant in order of their ids, so that two processes cannot wait for each other. */
  append(eventIds: ReadonlyMap<string, readonly string[]>): Promise<void> {
    return this.unitOfWork.runForAll([...eventIds.keys()].sort(), (transactions) => {
      for (const tenantId of [...eventIds.keys()].sort()) {
        const transaction = transactions.of(tenantId);
        transaction.write({ ...LOCK_COUNTER, values: [tenantId] });
        transaction.write({ ...MOVE, values: [tenantId, eventIds.get(tenantId)] });
      }
      return Promise.resolve();
    });
  }

  /** At most `limit + 1` rows, so that the reader knows whether there are more. */
  read(tenantId: string, request: ListEventsRequest): Promise<EventRow[]> {
    const values: unknown[] = [tenantId];
    const and = (sql: string, value: unknown) => (value === undefined ? '' : ` AND ${sql} $${values.push(value)}`);
    const text = [
      'SELECT * FROM license_event_logs WHERE tenant_id = $1',
      and('license_id =', request.license_id),
      and('event_type =', request.event_type),
      and('resource_type =', request.resource_type),
      and('resource_id =', request.resource_id),
      and('created_at >=', request.created_from),
      and('created_at <', request.created_before),
      and(request.order === 'asc' ? 'seq >' : 'seq <', request.cursor),
      ` ORDER BY seq ${request.order === 'asc' ? 'ASC' : 'DESC'} LIMIT $${values.push(request.limit + 1)}`,
    ].join('');
    return this.unitOfWork.run(tenantId, (transaction) => transaction.query<EventRow>({ text, values }));
  }
}
