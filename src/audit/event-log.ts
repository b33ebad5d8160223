import { Injectable } from '@nestjs/common';
import { validate as isUuid } from 'uuid';
import { UnitOfWork } from '../shared/persistence/unit-of-work.js';
import { SET_TENANT_OF_ROW } from '../shared/persistence/set-tenant-of-row.js';
import { yieldToEventLoop } from '../shared/async/yield-to-event-loop.js';
import type { ListEventsRequest } from './license-event.requests.js';
import type { EventRow, PastEventsFilter } from './event-row.js';

/** Tenants per transaction at most, which bounds the time that their counter rows stay locked for other processes. */
export const MAX_TENANTS = 100;

/** Events per transaction at most, so that no statement runs long, however many events wait. */
export const MAX_EVENTS = 1_000;

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
      INSERT INTO license_event_logs (tenant_id, seq, id, event_type, license_id, resource_type, resource_id, resource_seq,
                                      event_data, personal, user_id, actor, metadata, created_at)
      SELECT tenant_id, seq, id, event_type, license_id, resource_type, resource_id, resource_seq,
             event_data, personal, user_id, actor, metadata, created_at
      FROM numbered WHERE ${SET_TENANT_OF_ROW}
    )
    SELECT count(*)::int AS chosen FROM chosen`,
};

/** `license_event_logs`: written by moving events out of the outbox, read by seq, never updated. */
@Injectable()
export class EventLog {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  /** Moves committed events of at most MAX_TENANTS tenants in one transaction. Returns whether some may be left. */
  async move(tenantIds: readonly string[]): Promise<boolean> {
    const [moved] = await this.unitOfWork.executeStandalone<{ chosen: number }>({
      ...MOVE,
      values: [tenantIds.toSorted(), MAX_EVENTS],
    });
    return moved?.chosen === MAX_EVENTS;
  }

  /** Returns at most `limit + 1` rows; the extra row shows that there is a next page. */
  async read(tenantId: string, request: ListEventsRequest): Promise<EventRow[]> {
    const values: unknown[] = [tenantId];
    const bind = (value: unknown) => `$${values.push(value)}`;
    const and = (sql: string, value: unknown) => (value === undefined ? '' : ` AND ${sql} ${bind(value)}`);
    const text = [
      'SELECT * FROM license_event_logs WHERE tenant_id = $1',
      and('license_id =', request.license_id),
      and('event_type =', request.event_type),
      and('resource_type =', request.resource_type),
      request.resource_id === undefined ? '' : ` AND (${ofResource(request.resource_id, bind)})`,
      and('created_at >=', request.created_from),
      and('created_at <', request.created_before),
      and(request.order === 'asc' ? 'seq >' : 'seq <', request.cursor),
      ` ORDER BY seq ${request.order === 'asc' ? 'ASC' : 'DESC'} LIMIT ${request.limit + 1}`,
    ].join('');
    const rows = await this.unitOfWork.read(tenantId, (transaction) => transaction.query<EventRow>({ text, values }));
    await yieldToEventLoop();
    return rows;
  }

  /** Returns events, the latest first. */
  readSince(tenantId: string, { about, types, after }: PastEventsFilter, limit: number): Promise<EventRow[]> {
    const [statement, of] =
      'licenseId' in about ? [SINCE_OF_LICENSE, about.licenseId] : [SINCE_OF_RESOURCES, about.resourceIds];
    const values = [tenantId, of, types, after, limit];
    return this.unitOfWork.read(tenantId, (transaction) => transaction.query<EventRow>({ ...statement, values }));
  }
}

/** Columns that the outbox and the event log have in common. */
const COLUMNS = 'id, event_type, resource_id, resource_seq, event_data, personal, created_at';
const OCCURRED_AFTER = 'tenant_id = $1 AND event_type = ANY($3::text[]) AND created_at > $4';

/** Selects from the outbox and the event log; one statement sees each event in exactly one of them. */
function selectSince(name: string, about: string) {
  return {
    name: `event-log.since-of-${name}`,
    text: `SELECT ${COLUMNS} FROM license_event_logs WHERE ${OCCURRED_AFTER} AND ${about}
           UNION ALL SELECT ${COLUMNS} FROM outbox WHERE ${OCCURRED_AFTER} AND ${about}
           ORDER BY resource_seq DESC NULLS LAST, created_at DESC, id DESC LIMIT $5`,
  };
}
const SINCE_OF_LICENSE = selectSince('license', 'license_id = $2');
const SINCE_OF_RESOURCES = selectSince('resources', `resource_type <> 'license' AND resource_id = ANY($2::text[])`);

/** Licenses have one index, all other resources another; see the migration LeanLog. */
function ofResource(id: string, bind: (value: unknown) => string): string {
  const ofOtherResource = `resource_type <> 'license' AND resource_id = ${bind(id)}`;
  return isUuid(id) ? `${ofOtherResource} OR resource_type = 'license' AND license_id = ${bind(id)}` : ofOtherResource;
}
