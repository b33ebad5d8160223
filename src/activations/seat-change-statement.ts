import { countEventsSql } from './client-event-limit.js';
import { lockUnchangedSql, setSeatsInUseSql, type License } from '../licensing/index.js';
import { joinJson } from '../shared/json.js';
import { FIRST_SEQ, OUTBOX_COLUMNS, outboxRow } from '../shared/messaging/outbox.js';
import type { IntegrationEvent } from '../shared/messaging/integration-event.js';
import { columnsOf, toJson } from '../shared/persistence/entity-columns.js';
import { SET_TENANT_OF_ROW } from '../shared/persistence/set-tenant-of-row.js';
import type { Statement } from '../shared/persistence/tenant-connection.js';
import { Activation } from './activation.entity.js';

/** Seat that a device takes or frees, with its event. The license was read with its row version, and its seats are only counted. */
export interface SeatChange {
  readonly license: License;
  /** Seats in use after the change. */
  readonly inUse: number;
  /** Activation that is new, or that has ended. */
  readonly activation: Activation;
  readonly event: IntegrationEvent;
  /** Events of this type that programs may record in the hour; null: no limit, because no program asked. */
  readonly allowed: number | null;
}

/** Row of the result: license whose seat change is stored. */
export interface ChangedLicense {
  readonly tenant_id: string;
  readonly license_id: string;
}

const ACTIVATION_COLUMNS = columnsOf(Activation);
const COLUMNS = ACTIVATION_COLUMNS.map(({ name }) => name).join(', ');
/** IN uses a hash table; see issue-statement.ts. */
const isIn = (set: string) => `((tenant_id, license_id) IN (SELECT tenant_id, license_id FROM ${set})) IS TRUE`;

/**
 * Stores seat changes ($1) with their activations ($2) and events ($3): those whose license has not changed since it was read, and whose event
 * is within the limit of programs. Rows are inserted one by one, each as its tenant (decision 0022).
 */
const CHANGE_SEATS = {
  name: 'activations.change-seats',
  text: `
    WITH asked AS MATERIALIZED (
      SELECT * FROM jsonb_to_recordset($1) AS asked (
        tenant_id text, license_id uuid, row_version xid, seats_in_use integer, event_type text, occurred_at timestamptz, allowed integer)
    ), locked AS MATERIALIZED (${lockUnchangedSql('SELECT * FROM asked')}
    ), counted AS (
      ${countEventsSql('SELECT * FROM locked WHERE allowed IS NOT NULL')}
    ), changed AS (${setSeatsInUseSql(`SELECT * FROM locked WHERE allowed IS NULL OR ${isIn('counted')}`)}
    ), stored AS (
      INSERT INTO license_activations (${COLUMNS})
      SELECT ${COLUMNS}
      FROM (SELECT * FROM jsonb_populate_recordset(NULL::license_activations, $2) WHERE ${isIn('changed')} OFFSET 0) AS item
      WHERE ${SET_TENANT_OF_ROW}
      ON CONFLICT (tenant_id, activation_id) DO UPDATE SET status = EXCLUDED.status, ended_at = EXCLUDED.ended_at
    ), event AS MATERIALIZED (
      SELECT * FROM jsonb_populate_recordset(NULL::outbox, $3) WHERE ${isIn('changed')}
    ), counter AS (
      INSERT INTO event_resource_counters AS kept (tenant_id, resource_type, resource_id, last_seq)
      SELECT tenant_id, 'license', license_id::text, ${FIRST_SEQ} + 1 FROM (SELECT * FROM event OFFSET 0) AS item
      WHERE ${SET_TENANT_OF_ROW}
      ON CONFLICT (tenant_id, resource_type, resource_id) DO UPDATE SET last_seq = kept.last_seq + 1
      RETURNING tenant_id, resource_id AS license_id, last_seq
    ), event_rows AS (
      INSERT INTO outbox (${OUTBOX_COLUMNS})
      SELECT event.tenant_id, id, event_type, event.license_id, resource_type, resource_id, last_seq,
             event_data, personal, user_id, actor, metadata, created_at, partner_id
      FROM event FULL JOIN counter ON counter.tenant_id = event.tenant_id AND counter.license_id = event.license_id::text
    )
    SELECT tenant_id, license_id FROM changed`,
};

/** Returns the statement for changes of different licenses. Its rows are `ChangedLicense`s; the other changes left no trace. */
export function seatChangeStatement(changes: readonly SeatChange[]): Statement {
  return {
    ...CHANGE_SEATS,
    values: [
      JSON.stringify(changes.map(toRow)),
      JSON.stringify(changes.map(({ activation }) => toJson(activation, ACTIVATION_COLUMNS))),
      joinJson(changes.map(({ event }) => outboxRow(event, 0))),
    ],
  };
}

function toRow({ license, inUse, event, allowed }: SeatChange) {
  return {
    tenant_id: license.tenantId,
    license_id: license.licenseId,
    row_version: license.rowVersion,
    seats_in_use: inUse,
    event_type: event.type,
    occurred_at: event.occurredAt,
    allowed,
  };
}
