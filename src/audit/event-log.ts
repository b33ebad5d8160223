import { Injectable } from '@nestjs/common';
import type { QueryResultRow } from 'pg';
import { validate as isUuid } from 'uuid';
import { UnitOfWork } from '../shared/persistence/unit-of-work.js';
import type { TenantScope } from '../shared/tenant-scope.js';
import { yieldForRows } from '../shared/async/yield-to-event-loop.js';
import { MAX_LIMIT } from '../shared/persistence/page-request.js';
import { PageReads, type PageStatement } from '../shared/persistence/page-reads.js';
import { SET_TENANT } from '../shared/persistence/set-tenant-of-row.js';
import type { ListEventsRequest } from './license-event.requests.js';
import type { EventRow, FollowFilter, PastEventsFilter } from './event-row.js';

export interface FollowedRows {
  readonly events: readonly EventRow[];
  readonly upTo: string;
}

/** `license_event_logs`: written by RecordEventsHandler, read by seq, never updated. */
@Injectable()
export class EventLog {
  private readonly pages = new PageReads(this.unitOfWork);

  constructor(private readonly unitOfWork: UnitOfWork) {}

  /** Returns at most `limit + 1` rows; the extra row shows that there is a next page. */
  async read(scope: TenantScope, request: ListEventsRequest): Promise<EventRow[]> {
    const rows = await this.readPage(scope, request);
    await yieldForRows(rows);
    return rows;
  }

  /** The latest events of one type of a license share a statement with other pages that are read meanwhile. */
  private readPage(scope: TenantScope, request: ListEventsRequest): Promise<EventRow[]> {
    const latest =
      scope.partnerId === undefined && !this.unitOfWork.isOpen ? latestOfLicense(scope, request) : undefined;
    return latest ? this.pages.add<EventRow & QueryResultRow>(latest) : this.readBy(scope, request);
  }

  private readBy(scope: TenantScope, request: ListEventsRequest): Promise<EventRow[]> {
    const values: unknown[] = [scope.tenantId];
    const bind = (value: unknown) => `$${values.push(value)}`;
    const and = (sql: string, value: unknown) => (value === undefined ? '' : ` AND ${sql} ${bind(value)}`);
    const text = [
      'SELECT * FROM license_event_logs WHERE tenant_id = $1',
      and('partner_id =', scope.partnerId),
      and('partner_id =', request.partner_id),
      and('license_id =', request.license_id),
      and('event_type =', request.event_type),
      and('resource_type =', request.resource_type),
      request.resource_id === undefined ? '' : ` AND (${ofResource(request.resource_id, bind)})`,
      and('created_at >=', request.created_from),
      and('created_at <', request.created_before),
      and(request.order === 'asc' ? 'seq >' : 'seq <', request.cursor),
      ` ORDER BY seq ${request.order === 'asc' ? 'ASC' : 'DESC'} LIMIT ${request.limit + 1}`,
    ].join('');
    return this.unitOfWork.read(scope, (transaction) => transaction.query<EventRow>({ text, values }));
  }

  /**
   * Returns the next events of some types, and the `seq` up to which there is no other: that of the last event, or the end of the log that
   * the statement saw.
   */
  async follow(tenantId: string, { after, types, since, limit }: FollowFilter): Promise<FollowedRows> {
    const rows = await this.unitOfWork.read(tenantId, (transaction) =>
      transaction.query<EventRow & { readonly last_seq: string }>({
        name: 'event-log.follow',
        text: `SELECT counter.last_seq, event.* FROM license_event_counters counter
               LEFT JOIN LATERAL (SELECT * FROM license_event_logs WHERE tenant_id = $1 AND seq > $2
                 AND event_type = ANY($3::text[]) AND created_at >= $4 ORDER BY seq LIMIT $5) event ON true
               WHERE counter.tenant_id = $1 ORDER BY event.seq`,
        values: [tenantId, after, types, since, limit],
      }),
    );
    const events = rows.filter(({ seq }: { readonly seq: string | null }) => seq !== null);
    const last = events.length === limit ? events.at(-1)?.seq : rows[0]?.last_seq;
    return { events, upTo: last ?? after };
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
const COLUMNS = 'id, event_type, resource_id, resource_seq, event_data, personal, actor, created_at';
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

/** After the last `seq`. */
const END_OF_LOG = '9223372036854775807';
/** With the constant limit PostgreSQL keeps the plan: a license has few events, which its index has in their order. */
const LATEST_OF_LICENSE = {
  name: 'event-log.latest-of-license',
  text: `SELECT event.* FROM (SELECT ${SET_TENANT} AS is_set OFFSET 0) wanted
         CROSS JOIN LATERAL (
           SELECT * FROM license_event_logs log WHERE wanted.is_set AND log.tenant_id = $1 AND log.license_id = $2
             AND log.event_type = $3 AND log.seq < $4 ORDER BY log.seq DESC LIMIT ${MAX_LIMIT + 1}) event
         LIMIT $5`,
  valueTypes: ['text', 'uuid', 'text', 'bigint', 'integer'],
};

/** Returns the statement for the latest events of one type of a license; undefined if the request is for others. */
function latestOfLicense({ tenantId }: TenantScope, request: ListEventsRequest): PageStatement | undefined {
  const { license_id, event_type, order, limit, cursor = END_OF_LOG, ...others } = request;
  const isOther = order === 'asc' || Object.values<unknown>(others).some((filter) => filter !== undefined);
  if (isOther || license_id === undefined || event_type === undefined) return undefined;
  return { ...LATEST_OF_LICENSE, values: [tenantId, license_id, event_type, cursor, limit + 1] };
}

/** Licenses have one index, all other resources another; see the migration LeanLog. */
function ofResource(id: string, bind: (value: unknown) => string): string {
  const ofOtherResource = `resource_type <> 'license' AND resource_id = ${bind(id)}`;
  return isUuid(id) ? `${ofOtherResource} OR resource_type = 'license' AND license_id = ${bind(id)}` : ofOtherResource;
}
