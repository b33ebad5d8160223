import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { isoTime } from '../iso-time.js';
import type { IntegrationEvent } from './integration-event.js';
import { joinJson } from '../json.js';

/** A license is created with its first event, which the statement that stores the license numbers itself. */
export const FIRST_SEQ = 1;

/**
 * Raises the counters of the resources and stores the events with the numbers drawn. A counter stays locked until the commit, so
 * that numbers are drawn in the order of the commits: $1 are events whose `resource_seq` is 1 or, up to 0, counts back from the last
 * number drawn; $2 are counters with the numbers they have if they are new. One of a license begins behind its first event.
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
         INSERT INTO outbox (tenant_id, id, event_type, license_id, resource_type, resource_id, resource_seq,
                             event_data, personal, user_id, actor, metadata, created_at)
         SELECT event.tenant_id, id, event_type, license_id, event.resource_type, event.resource_id,
                resource_seq + coalesce(last_seq, 0), event_data, personal, user_id, actor, metadata, created_at
         FROM jsonb_populate_recordset(NULL::outbox, $1::jsonb) WITH ORDINALITY AS event
         LEFT JOIN counter ON resource_seq <= 0 AND counter.resource_id = coalesce(license_id::text, event.resource_id)
           AND counter.resource_type = CASE WHEN license_id IS NULL THEN event.resource_type ELSE 'license' END
         ORDER BY event.ordinality`,
};

/** Row of `event_resource_counters`. */
interface ResourceCounter {
  readonly tenant_id: string;
  readonly resource_type: string;
  readonly resource_id: string;
  last_seq: number;
}

/** An event as it is stored; what an operator causes has no actor of a request. */
export type StorableEvent = Omit<IntegrationEvent, 'actor'> & {
  readonly actor: { readonly type: string; readonly id: string };
};

/** An event in the outbox. */
export interface PendingEvent {
  readonly tenantId: string;
  readonly id: string;
}

/** The events that are committed and not yet in the log. Rows come in with the change they tell of and leave for the log. */
@Injectable()
export class Outbox {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** The statement that stores events, for the transaction that makes them true. */
  static append(events: readonly StorableEvent[]) {
    const counters = new Map<string, ResourceCounter>();
    const rows = events
      .toReversed()
      .map((event) => outboxRow(event, event.isFirst ? FIRST_SEQ : -laterOf(event, counters)));
    return { ...APPEND, values: [joinJson(rows.reverse()), JSON.stringify(inOrder(counters))] };
  }

  /** Oldest first, at most `limit`, without those that another process is moving right now. */
  findPending(olderThanMs: number, limit: number): Promise<PendingEvent[]> {
    return this.dataSource.query<PendingEvent[]>(
      `SELECT tenant_id AS "tenantId", id FROM outbox WHERE stored_at <= clock_timestamp() - $1 * interval '1 millisecond'
       ORDER BY stored_at, id LIMIT $2 FOR UPDATE SKIP LOCKED`,
      [olderThanMs, limit],
    );
  }
}

/** How many events of the resource were counted before, the last one first. What belongs to a license is counted with it. */
function laterOf({ tenantId, resource }: StorableEvent, counters: Map<string, ResourceCounter>): number {
  const { licenseId } = resource;
  const [resource_type, resource_id, first] =
    licenseId === undefined ? [resource.resourceType, resource.resourceId, 0] : ['license', licenseId, FIRST_SEQ];
  const key = `${resource_type} ${resource_id}`;
  const counter = counters.get(key) ?? { tenant_id: tenantId, resource_type, resource_id, last_seq: first };
  counters.set(key, counter);
  return counter.last_seq++ - first;
}

/** In one order everywhere, so that two transactions cannot wait for each other. */
function inOrder(counters: ReadonlyMap<string, ResourceCounter>): ResourceCounter[] {
  return [...counters].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, counter]) => counter);
}

/** A row of the outbox, in JSON. */
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
    created_at: isoTime(event.occurredAt),
  });
}
