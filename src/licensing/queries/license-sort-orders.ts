import { z } from 'zod';
import { isCleanText } from '../../shared/json.js';
import { CursorTime, NEWEST_FIRST } from '../../shared/http/paging.js';
import type { ListLicensesRequest } from '../license.requests.js';
import type { License } from '../license.entity.js';
import type { PagePosition, SortOrder } from '../../shared/persistence/page-request.js';

/** Fields that licenses are sorted by. */
export type SortedFields = Pick<License, 'licenseId' | 'createdAt' | 'expiryDate' | 'issuedTo'>;

interface LicenseSortOrder extends SortOrder {
  readonly positionOf: (license: SortedFields) => PagePosition;
}

export const NEWEST_LICENSE_FIRST: LicenseSortOrder = {
  ...NEWEST_FIRST,
  positionOf: ({ createdAt: at, licenseId: id }) => ({ at, id }),
};

export const EXPIRY_SOONEST_FIRST: LicenseSortOrder = {
  by: 'item.expiryDate',
  descending: false,
  bound: ':at',
  at: CursorTime,
  positionOf: ({ expiryDate, licenseId: id }) => ({ at: expiryDate ?? '', id }),
};

/** Sort order by name in bytes, because `q` compares bytes. */
const BY_NAME: LicenseSortOrder = {
  by: 'item.issued_to_lower COLLATE "C"',
  descending: false,
  bound: 'lower(CAST(:at AS text))',
  at: z.string().refine(isCleanText),
  positionOf: ({ issuedTo: at, licenseId: id }) => ({ at, id }),
};

/**
 * Returns the sort order of the index that the filter uses. In another order a page could read all licenses of a tenant to find few
 * matches.
 */
export function sortOrderFor(request: ListLicensesRequest): LicenseSortOrder {
  if (request.expires_from ?? request.expires_before) return EXPIRY_SOONEST_FIRST;
  return request.q === undefined ? NEWEST_LICENSE_FIRST : BY_NAME;
}
