import { z } from 'zod';
import { isCleanText } from '../../shared/http/json.js';
import { Moment, NEWEST_FIRST, type Order, type PagePosition } from '../../shared/http/paging.js';
import type { ListLicensesRequest } from '../license.dto.js';
import type { License } from '../license.entity.js';

interface LicenseOrder extends Order {
  readonly positionOf: (license: License) => PagePosition;
}

export const NEWEST: LicenseOrder = {
  ...NEWEST_FIRST,
  positionOf: ({ createdAt: at, licenseId: id }) => ({ at, id }),
};

export const SOONEST_EXPIRY: LicenseOrder = {
  by: 'item.expiryDate',
  descending: false,
  bound: ':at',
  at: Moment,
  positionOf: ({ expiryDate, licenseId: id }) => ({ at: expiryDate ?? '', id }),
};

/** By bytes, as `q` compares. */
const BY_NAME: LicenseOrder = {
  by: 'item.issued_to_lower COLLATE "C"',
  descending: false,
  bound: 'lower(CAST(:at AS text))',
  at: z.string().refine(isCleanText),
  positionOf: ({ issuedTo: at, licenseId: id }) => ({ at, id }),
};

/**
 * That of the index which finds what is asked for: in another order a page could take looking at all licenses of a tenant, were what it
 * is narrowed to rare among the newest.
 */
export function orderOf(request: ListLicensesRequest): LicenseOrder {
  if (request.expires_from ?? request.expires_before) return SOONEST_EXPIRY;
  return request.q === undefined ? NEWEST : BY_NAME;
}
