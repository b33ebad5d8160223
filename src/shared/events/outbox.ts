import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { isoTime } from '../iso-time.js';
import { jsonArray } from '../json-array.js';
import type { IntegrationEvent } from './integration-event.js';

const APPEND = {
  name: 'outbox.append',
  text: `INSERT INTO outbox (tenant_id, id, event_type, license_id, resource_type, resource_id,
                             event_data, personal, user_id, actor, metadata, created_at)
         SELECT tenant_id, id, event_type, license_id, resource_type, resource_id,
                event_data, personal, user_id, actor, metadata, created_at
         FROM jsonb_populate_recordset(NULL::outbox, $1::jsonb)`,
};

/** An event in the outbox. */
export interface WaitingEvent {
  readonly tenantId: string;
  readonly id: string;
}

/** The events that are committed and not yet in the log. Rows come in with the change they tell of and leave for the log. */
@Injectable()
export class Outbox {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** The statement that stores events, for the transaction that makes them true. */
  static append(events: readonly IntegrationEvent[]) {
    return { ...APPEND, values: [jsonArray(events.map(outboxRow))] };
  }

  /** Oldest first, at most `limit`, without those that another process is moving right now. */
  waiting(olderThanMs: number, limit: number): Promise<WaitingEvent[]> {
    return this.dataSource.query<WaitingEvent[]>(
      `SELECT tenant_id AS "tenantId", id FROM outbox WHERE stored_at <= clock_timestamp() - $1 * interval '1 millisecond'
       ORDER BY stored_at, id LIMIT $2 FOR UPDATE SKIP LOCKED`,
      [olderThanMs, limit],
    );
  }
}

/** A row of the outbox, in JSON. */
export function outboxRow(event: IntegrationEvent): string {
  return JSON.stringify({
    tenant_id: event.tenantId,
    id: event.id,
    event_type: event.type,
    license_id: event.about.licenseId ?? null,
    resource_type: event.about.resourceType,
    resource_id: event.about.resourceId,
    event_data: event.data,
    personal: event.personal,
    user_id: event.actor.type === 'user' ? event.actor.id : null,
    actor: event.actor,
    metadata: event.metadata,
    created_at: isoTime(event.occurredAt),
  });
}
