import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import { PermissionDeniedError } from '../../shared/access/access.errors.js';
import { Clock } from '../../shared/time/clock.js';
import { Paginator } from '../../shared/http/paginator.js';
import {
  equalities,
  indexedEqualities,
  prefixCondition,
  range,
  type Condition,
} from '../../shared/persistence/tenant-scoped.repository.js';
import { lastFourAsTyped } from '../keys/license-key.js';
import type { ListLicensesRequest, SelectLicensesRequest } from '../license.requests.js';
import type { LicenseStatus } from '../license-status.js';
import { SeatCounter } from '../seat-counter.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { metadataFiltersOf } from '../metadata-filters/metadata-filters.requests.js';
import { MetadataFilters } from '../metadata-filters/metadata-filters.js';
import { isReadySql } from '../metadata-filters/metadata-values.repository.js';
import { LicenseRepository } from '../license.repository.js';
import { NEWEST_LICENSE_FIRST, sortOrderFor, EXPIRY_SOONEST_FIRST } from './license-sort-orders.js';
import { ListLicensesAsJsonQuery } from './list-licenses-as-json.query.js';
import type { SortOrder } from '../../shared/persistence/page-request.js';
import { readListed, sortedFieldsOf, toLicenseJson } from '../license-json.js';

@QueryHandler(ListLicensesAsJsonQuery)
export class ListLicensesAsJsonHandler implements IQueryHandler<ListLicensesAsJsonQuery> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly licenses: LicenseRepository,
    private readonly metadataFilters: MetadataFilters,
    private readonly seatCounter: SeatCounter,
    private readonly clock: Clock,
    private readonly paginator: Paginator,
  ) {}

  async execute({ actor, request }: ListLicensesAsJsonQuery) {
    const { tenantId } = actor;
    assertMayFilter(actor, request);
    const order = sortOrderFor(request);
    const page = this.paginator.request({ tenantId, list: 'licenses' }, request, order);
    const now = this.clock.now();
    const seats = { now, seatsInUse: this.seatCounter.seatsInUseSql.bind(this.seatCounter) };
    const parts = partsOf(request, now, order, this.seatCounter);
    const read = () => this.unitOfWork.readAs(actor, () => this.licenses.listAsText(tenantId, seats, parts, page));
    let rows = await read();
    // A page by a key that is not ready is empty, so only an empty one reads the settings, and is read again under them.
    if (rows.length === 0 && metadataFiltersOf(request).length > 0) {
      await this.metadataFilters.assertDeclared(actor, request);
      rows = await read();
    }
    // The rows are taken out of their array: promises that have waited for a connection refer to it, and V8 keeps what old objects refer to.
    return this.paginator.page(
      rows.splice(0).map(readListed),
      page,
      (listed) => order.positionOf(sortedFieldsOf(listed)),
      (each) => toLicenseJson(each, now),
    );
  }
}

/** Throws PermissionDeniedError if the actor may not ask for the licenses of a device. */
export function assertMayFilter(actor: Actor, { fingerprint }: SelectLicensesRequest): void {
  if (fingerprint !== undefined && !actor.may('activations:read')) throw new PermissionDeniedError('activations:read');
}

/** Returns the filters of each part of the list. */
export function partsOf(
  request: ListLicensesRequest,
  now: Date,
  order: SortOrder,
  seatCounter: SeatCounter,
): (readonly Condition[])[] {
  const { last_four: typed } = request;
  const ends = typed === undefined ? [undefined] : lastFourAsTyped(typed);
  return ends.flatMap((last_four) => partsWithEnd({ ...request, last_four }, now, order, seatCounter));
}

function partsWithEnd(
  request: ListLicensesRequest,
  now: Date,
  order: SortOrder,
  seatCounter: SeatCounter,
): (readonly Condition[])[] {
  const filters = [
    ...conditionsOf(request, now),
    ...seatConditions(request, now, seatCounter),
    ...metadataConditions(request, order),
  ];
  if (request.status === undefined) return [filters];
  const parts = statusConditions(request.status, now, order);
  const separate = order === NEWEST_LICENSE_FIRST ? parts : [anyOf(parts)];
  return separate.map((part) => [part, ...filters]);
}

function conditionsOf(request: ListLicensesRequest, now: Date): Condition[] {
  // The expiry of a license that has not started does not show.
  const byExpiry = request.expires_from ?? request.expires_before;
  return [
    ...equalities({ licenseType: request.license_type, trial: request.trial }),
    ...indexedEqualities({
      customerId: request.customer_id,
      productId: request.product_id,
      templateId: request.template_id,
      licenseKeyLastFour: request.last_four,
      orderId: request.order_id,
      subscriptionId: request.subscription_id,
      partnerId: request.partner_id,
      poolId: request.pool_id,
    }),
    ...range('issuedDate', request.issued_from, request.issued_before),
    ...range('expiryDate', request.expires_from, request.expires_before),
    ...(byExpiry ? [{ sql: `(NOT (${PENDING_SQL}) OR item.expiryDate <= :now)`, parameters: { now } }] : []),
    ...prefixCondition(['issued_to_lower'], request.q),
  ];
}

/** `maxActivationsOf` in SQL. */
const MAX_ACTIVATIONS_SQL = `CASE WHEN item.licenseType NOT IN ('CONCURRENT', 'NAMED_USER')
  AND item.licenseModel IN ('SITE_LICENSE', 'ENTERPRISE') THEN NULL ELSE item.maxActivations END`;

function seatConditions(request: ListLicensesRequest, now: Date, seatCounter: SeatCounter): Condition[] {
  const { fingerprint, has_free_seats: hasFreeSeats } = request;
  const conditions: Condition[] = [];
  if (fingerprint !== undefined) {
    const ofDevice = seatCounter.licensesOfDeviceSql('item.tenantId', ':fingerprint');
    conditions.push({ sql: `item.licenseId IN (${ofDevice})`, parameters: { fingerprint } });
  }
  if (hasFreeSeats !== undefined) {
    const inUse = seatCounter.seatsInUseSql('item', 'CAST(:seatsAt AS timestamptz)');
    const free = `coalesce(${inUse} < (${MAX_ACTIVATIONS_SQL}), true)`;
    conditions.push({ sql: hasFreeSeats ? free : `NOT ${free}`, parameters: { seatsAt: now } });
  }
  return conditions;
}

/**
 * Returns a condition for each metadata key, which no row fulfils unless the key is ready. By the first one the newest licenses are read in the order of its values, so that a page reads
 * no more of them than it has licenses.
 */
function metadataConditions(request: ListLicensesRequest, order: SortOrder): Condition[] {
  return metadataFiltersOf(request).map(([key, value], at) => {
    const row = `filter_${at}`;
    const sql = `JOIN license_metadata_values ${row} ON ${row}.tenant_id = item.tenantId AND ${row}.license_id = item.licenseId`;
    const isOrdered = at === 0 && order === NEWEST_LICENSE_FIRST;
    return {
      joined: { sql, ...(isOrdered && { order: { by: `${row}.created_at`, id: `${row}.license_id` } }) },
      sql: `${row}.key = :key AND ${row}.value = :value AND ${isReadySql('$1', ':key')}`,
      parameters: { key, value },
      ...(isOrdered && { indexed: 'metadata' }),
    };
  });
}

/** Combines parts that a sort order lists as one. */
function anyOf(parts: readonly Condition[]): Condition {
  return {
    sql: parts.map(({ sql }) => `(${sql})`).join(' OR '),
    parameters: Object.assign({}, ...parts.map(({ parameters }) => parameters)) as Condition['parameters'],
  };
}

/** SQL condition of a license that has not started. */
const PENDING_SQL = 'item.awaitedStart IS NOT NULL OR coalesce(item.startsAt > :now, false)';

/** `License.autoRenews` in SQL, without the limit of the year 9999. */
const AUTO_RENEWS_SQL =
  'item.awaitedStart IS NULL AND item.autoRenewalEnabled AND NOT item.trial AND (item.defaultDuration IS NOT NULL OR item.defaultTerm IS NOT NULL)';

/**
 * Returns `License.statusAt` as SQL, in disjoint parts that each use an index: expired licenses not recorded yet, then recorded ones. By
 * expiry, a license past its expiry with an auto-renewal not stored yet is in no part.
 */
function statusConditions(status: LicenseStatus, now: Date, order: SortOrder): Condition[] {
  const parameters = { now };
  if (status === 'ACTIVE') {
    // The index by expiry is read from `now`. A license past its stored expiry returns when its auto-renewal is stored.
    const notExpired =
      order === EXPIRY_SOONEST_FIRST
        ? 'item.expiryDate > :now'
        : `(item.expiryDate IS NULL OR item.expiryDate > :now OR (${AUTO_RENEWS_SQL}))`;
    return [{ sql: `item.status = 'ACTIVE' AND ${notExpired} AND NOT (${PENDING_SQL})`, parameters }];
  }
  if (status === 'PENDING') {
    // The first condition is that of the index.
    const sql = `(item.startsAt IS NOT NULL OR item.awaitedStart IS NOT NULL) AND (${PENDING_SQL})
      AND item.status = 'ACTIVE' AND (item.expiryDate IS NULL OR item.expiryDate > :now)`;
    return [{ sql, parameters }];
  }
  if (status === 'EXPIRED') {
    const expired = `item.status = 'ACTIVE' AND item.expiryDate <= :now AND NOT (${AUTO_RENEWS_SQL})`;
    return [
      { sql: `${expired} AND item.nextDueAt <= item.expiryDate AND item.nextDueAt <= :now`, parameters },
      { sql: `${expired} AND (item.nextDueAt IS NULL OR item.nextDueAt > item.expiryDate)`, parameters },
    ];
  }
  return [{ sql: `item.status <> 'ACTIVE' AND item.status = :status`, parameters: { status } }];
}
