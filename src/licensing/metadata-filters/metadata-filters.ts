import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import { GetTenantQuery } from '../../tenants/index.js';
import { metadataFiltersOf, type FilteredRequest } from './metadata-filters.requests.js';
import { FilterNotDeclaredError, FilterNotReadyError } from './metadata-filter.errors.js';

/** Checks that the metadata keys that a list is filtered by are declared. */
@Injectable()
export class MetadataFilters {
  constructor(private readonly queries: QueryBus) {}

  /** Reads the settings only if the request filters by metadata. Throws FilterNotDeclaredError, FilterNotReadyError. */
  async assertDeclared(actor: Actor, request: FilteredRequest): Promise<void> {
    const keys = metadataFiltersOf(request).map(([key]) => key);
    if (keys.length === 0) return;
    const settings = await this.queries.execute(new GetTenantQuery(actor));
    for (const key of keys) {
      if (!settings.metadata_filters.includes(key)) throw new FilterNotDeclaredError(key);
      if (settings.metadata_filters_pending.includes(key)) throw new FilterNotReadyError(key);
    }
  }
}
