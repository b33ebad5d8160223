import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { IntegrationEvent } from './integration-event.js';
import { joinJson } from '../json.js';

/** `resource_seq` of the first event of a license, which the statement that inserts the license assigns without a counter. */
export const FIRST_SEQ = 1;

/** Columns of `outboxRow`. */
export const OUTBOX_COLUMNS = `tenant_id, id, event_type, license_id, resource_type, resource_id, resource_seq,
  event_data, personal, user_id, actor, metadata, created_at, partner_id`;

/**
 * Stores events ($1) and raises the counters of their resources ($2), which stay locked so that numbers follow the order of commits.
 * A `resource_seq` of 0 or less counts back from the new counter value; a license counter starts after the first event.
 */
const APPEND = {
  name: 'outbox.append',
  text: `WITH counter AS (
           INSERT INTO event_resource_counters AS kept (tenant_id, resource_type, resource_id, last_seq)
           SELECT tenant_id, resource_type, resource_id, last_seq
           FROM jsonb_populate_recordset(NULL::event_resource_counters, $2::jsonb)
           ON CONFLICT (tenant_id, resource_type, resource_id) DO UPDATE SET last_seq =
             kept.last_seq + EXCLUDED.last_seq - CASE EXCLUDED.resource_type WHEN 'license' THEN ${FIRST_SEQ} ELSE 0 END
           RETURNING resource_type, resource_id, last_seq)
         INSERT INTO outbox (${OUTBOX_COLUMNS})
         SELECT event.tenant_id, id, event_type, license_id, event.resource_type, event.resource_id,
                resource_seq + coalesce(last_seq, 0), event_data, personal, user_id, actor, metadata, created_at, partner_id
         FROM jsonb_populate_recordset(NULL::outbox, $1::jsonb) WITH ORDINALITY AS event
         LEFT JOIN counter ON resource_seq <= 0 AND counter.resource_id = coalesce(license_id::text, event.resource_id)
           AND counter.resource_type = CASE WHEN license_id IS NULL THEN event.resource_type ELSE 'license' END
         ORDER BY event.ordinality`,
};

/** Row of `event_resource_counters`; `last_seq` is the value that a new counter gets. */
interface ResourceCounter {
  readonly tenant_id: string;
  readonly resource_type: string;
  readonly resource_id: string;
  last_seq: number;
}

/** Event to store. Its actor may also be an operator, who is no `Subject` of a request. */
export type StorableEvent = Omit<IntegrationEvent, 'actor' | 'partnerId'> & {
  readonly partnerId?: string | null;
  readonly actor: { readonly type: string; readonly id: string };
};

/** Key of an event in the outbox. */
export interface PendingEvent {
  readonly tenantId: string;
  readonly id: string;
}

/** Committed events that are not in the event log yet. A row is inserted with its change and deleted when it enters the event log. */
@Injectable()
export class Outbox {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** Returns the statement that stores events, for the transaction of the change that they record. */
  static append(events: readonly StorableEvent[]) {
    const counters = new Map<string, ResourceCounter>();
    const rows = events
      .toReversed()
      .map((event) => outboxRow(event, event.isFirst ? FIRST_SEQ : -countLater(event, counters)));
    return { ...APPEND, values: [joinJson(rows.reverse()), JSON.stringify(inLockOrder(counters))] };
  }

  /** Returns at most `limit` events, oldest first; skips those that another process is moving to the event log. */
  findPending(olderThanMs: number, limit: number): Promise<PendingEvent[]> {
    return this.dataSource.query<PendingEvent[]>(
      `SELECT tenant_id AS "tenantId", id FROM outbox WHERE stored_at <= clock_timestamp() - $1 * interval '1 millisecond'
       ORDER BY stored_at, id LIMIT $2 FOR UPDATE SKIP LOCKED`,
      [olderThanMs, limit],
    );
  }
}

/** Counts an event and returns how many later ones were counted, since `append` goes backwards. Events of a license share one counter. */
function countLater({ tenantId, resource }: StorableEvent, counters: Map<string, ResourceCounter>): number {
  const { licenseId } = resource;
  const [resource_type, resource_id, first] =
    licenseId === undefined ? [resource.resourceType, resource.resourceId, 0] : ['license', licenseId, FIRST_SEQ];
  const key = `${resource_type} ${resource_id}`;
  const counter = counters.get(key) ?? { tenant_id: tenantId, resource_type, resource_id, last_seq: first };
  counters.set(key, counter);
  return counter.last_seq++ - first;
}

/** Sorts counters by key, because two transactions that lock them in different orders would deadlock. */
function inLockOrder(counters: ReadonlyMap<string, ResourceCounter>): ResourceCounter[] {
  return [...counters].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, counter]) => counter);
}

/** Returns a row of the outbox as JSON. */
export function outboxRow(event: StorableEvent, resourceSeq: number): string {
  return JSON.stringify({
    tenant_id: event.tenantId,
    id: event.id,
    event_type: event.type,
    license_id: event.resource.licenseId ?? null,
    resource_type: event.resource.resourceType,
    resource_id: event.resource.resourceId,
    resource_seq: resourceSeq,
    event_data: event.data,
    personal: event.personal,
    user_id: event.actor.type === 'user' ? event.actor.id : null,
    actor: event.actor,
    metadata: event.metadata,
    created_at: event.occurredAt.toISOString(),
    // Absent for most events, so that their rows are no longer.
    partner_id: event.partnerId ?? undefined,
  });
}
