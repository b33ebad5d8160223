import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Clock } from '../../shared/time/clock.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { Paginator } from '../../shared/http/paginator.js';
import {
  equalities,
  prefixCondition,
  range,
  type Condition,
} from '../../shared/persistence/tenant-scoped.repository.js';
import { type ListLicensesRequest } from '../license.requests.js';
import type { License } from '../license.entity.js';
import type { LicenseStatus } from '../license-status.js';
import { LicenseSeats } from '../license-lock.js';
import { LicenseRepository } from '../license.repository.js';
import { NEWEST_LICENSE_FIRST, sortOrderFor, EXPIRY_SOONEST_FIRST } from './license-sort-orders.js';
import { ListLicensesQuery } from './list-licenses.query.js';
import type { PageRequest, SortOrder } from '../../shared/persistence/page-request.js';
import { toLicenseResponse } from '../license.response.js';

@QueryHandler(ListLicensesQuery)
export class ListLicensesHandler implements IQueryHandler<ListLicensesQuery> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly licenses: LicenseRepository,
    private readonly seats: LicenseSeats,
    private readonly clock: Clock,
    private readonly paginator: Paginator,
  ) {}

  async execute({ actor, request }: ListLicensesQuery) {
    const order = sortOrderFor(request);
    const page = this.paginator.request({ tenantId: actor.tenantId, list: 'licenses' }, request, order);
    const now = this.clock.now();
    const parts = statusConditions(request.status, now, order);
    const rows = await this.unitOfWork.read(actor.tenantId, async () =>
      this.seats.countSeatsOfAll(
        await this.find(
          actor.tenantId,
          order === NEWEST_LICENSE_FIRST ? parts : [anyOf(parts)],
          conditionsOf(request),
          page,
        ),
        now,
      ),
    );
    return this.paginator.page(rows, page, order.positionOf, (license) => toLicenseResponse(license, now));
  }

  /** The parts one after another: between two of them a license may move on to the next, and is then found twice. */
  private async find(tenantId: string, parts: readonly Condition[], others: readonly Condition[], page: PageRequest) {
    const found = new Map<string, License>();
    for (const part of parts) {
      const rows = await this.licenses.list(tenantId, [part, ...others], page);
      for (const license of rows) found.set(license.licenseId, license);
    }
    return parts.length === 1 ? [...found.values()] : [...found.values()].sort(newestFirst);
  }
}

function newestFirst(a: License, b: License): number {
  return b.createdAt.getTime() - a.createdAt.getTime() || (a.licenseId < b.licenseId ? 1 : -1);
}

function conditionsOf(request: ListLicensesRequest): Condition[] {
  return [
    ...equalities({
      customerId: request.customer_id,
      productId: request.product_id,
      templateId: request.template_id,
      licenseType: request.license_type,
    }),
    ...range('issuedDate', request.issued_from, request.issued_before),
    ...range('expiryDate', request.expires_from, request.expires_before),
    ...prefixCondition(['issued_to_lower'], request.q),
  ];
}

function anyOf(parts: readonly Condition[]): Condition {
  return {
    sql: parts.map(({ sql }) => `(${sql})`).join(' OR '),
    parameters: Object.assign({}, ...parts.map(({ parameters }) => parameters)) as Condition['parameters'],
  };
}

/** `License.renewsItself`, but for years that cannot be written: once it is past its expiry, it has a new one. */
const AUTO_RENEWS_SQL = 'item.autoRenewalEnabled AND NOT item.trial AND item.defaultDuration IS NOT NULL';

/**
 * What `License.statusAt` says, in SQL, in parts that together are all of it, each with an index where what it finds may be
 * rare: what has expired and is not in the log yet comes first, then what is. In order of expiry what has renewed itself is in none until
 * that is written down.
 */
function statusConditions(status: LicenseStatus | undefined, now: Date, order: SortOrder): Condition[] {
  if (status === undefined) return [{ sql: 'true', parameters: {} }];
  const parameters = { now };
  if (status === 'ACTIVE') {
    // The index of expiries begins there, where it is used: what has renewed itself is back in it when that is written down.
    const running =
      order === EXPIRY_SOONEST_FIRST
        ? 'item.expiryDate > :now'
        : `(item.expiryDate IS NULL OR item.expiryDate > :now OR (${AUTO_RENEWS_SQL}))`;
    return [{ sql: `item.status = 'ACTIVE' AND ${running}`, parameters }];
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
