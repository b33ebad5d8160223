import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { TenantScopedRepository } from '../../shared/persistence/tenant-scoped.repository.js';
import type { SortOrder } from '../../shared/persistence/page-request.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { PoolEntry } from './pool-entry.entity.js';

/** The entries of one ledger, the latest first. Its numbers are unique, so the second sort column decides nothing. */
export const LATEST_ENTRY_FIRST: SortOrder = {
  by: 'item.number',
  descending: true,
  bound: 'CAST(:at AS integer)',
  at: z.string().regex(/^\d{1,10}$/),
};

/** Lists the ledgers; PoolLedger writes them. */
@Injectable()
export class PoolEntryRepository extends TenantScopedRepository<PoolEntry> {
  constructor(unitOfWork: UnitOfWork) {
    super(PoolEntry, 'poolId', unitOfWork);
  }
}
