import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { MAX_LIMIT, type PagePosition } from '../../shared/persistence/page-request.js';
import { Clock } from '../../shared/time/clock.js';
import type { SelectedLicense } from '../license.response.js';
import { SeatCounter } from '../seat-counter.js';
import { MetadataFilters } from '../metadata-filters/metadata-filters.js';
import { LicenseRepository } from '../license.repository.js';
import { sortOrderFor } from './license-sort-orders.js';
import { assertMayFilter, partsOf } from './list-licenses-as-json.handler.js';
import { SelectLicensesQuery } from './select-licenses.query.js';

@QueryHandler(SelectLicensesQuery)
export class SelectLicensesHandler implements IQueryHandler<SelectLicensesQuery> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly licenses: LicenseRepository,
    private readonly metadataFilters: MetadataFilters,
    private readonly seatCounter: SeatCounter,
    private readonly clock: Clock,
  ) {}

  async execute(query: SelectLicensesQuery) {
    assertMayFilter(query.actor, query.request);
    await this.metadataFilters.assertDeclared(query.actor, query.request);
    return this.pagesOf(query);
  }

  /** Reads one page after another, each in a short transaction, as an export of the list does. */
  private async *pagesOf({ actor, request }: SelectLicensesQuery): AsyncGenerator<readonly SelectedLicense[]> {
    const filters = { ...request, limit: MAX_LIMIT };
    const order = sortOrderFor(filters);
    let after: PagePosition | undefined;
    do {
      const page = { limit: MAX_LIMIT, after, order };
      const parts = partsOf(filters, this.clock.now(), order, this.seatCounter);
      const rows = await this.unitOfWork.readAs(actor, () => this.licenses.listVersions(actor.tenantId, parts, page));
      const last = rows.length > MAX_LIMIT ? rows[MAX_LIMIT - 1] : undefined;
      after = last && order.positionOf(last);
      yield rows.slice(0, MAX_LIMIT).map(({ licenseId, version }) => ({ license_id: licenseId, version }));
    } while (after);
  }
}
