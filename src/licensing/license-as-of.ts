import { isDeepStrictEqual } from 'node:util';
import { hydrate } from '../shared/persistence/hydrate.js';
import { pick } from '../shared/persistence/change.js';
import { License } from './license.entity.js';
import type { JsonObject } from '../shared/json.js';

/** Events that tell of a change of a license's terms, each with what they were before and after. */
export const CHANGE_EVENTS = [
  'license.updated',
  'license.renewed',
  'license.trial_converted',
  'license.suspended',
  'license.reinstated',
  'license.revoked',
  'license.transferred',
  'license.template_changed',
] as const;

/** One such event. */
export interface PastChange {
  readonly at: Date;
  readonly before: JsonObject;
  readonly after: JsonObject;
  /** Whom it was issued to is no longer told. */
  readonly customerErased: boolean;
}

/** A license as it was. */
export interface LicenseAsOf {
  readonly license: License;
  /** Who has had it since then, the one of then included. */
  readonly customerIds: readonly string[];
  /** Whom it was issued to is no longer known. */
  readonly customerErased: boolean;
  /** Terms that the history tells differently than the license does, by their wire names: what they were is not certain. */
  readonly inconsistentFields: readonly string[];
}

/**
 * The license at a time not before its issue, from what it is now and all that has changed it since, the latest first: each
 * change is taken back. What a change led to must be what is found there; where it is not, something is missing or in
 * another order, and that is said. `license` itself is left alone.
 */
export function licenseAsOf(now: License, changes: readonly PastChange[], instant: Date): LicenseAsOf {
  const license = hydrate(License, Object.assign({}, now));
  const customerIds = new Set([license.customerId]);
  const inconsistentFields = new Set<string>();
  let customerErased = false;
  for (const change of changes.filter(({ at }) => at > instant)) {
    const found = license.snapshot(change.at);
    for (const [name, value] of Object.entries(change.after)) {
      if (!isDeepStrictEqual(found[name], value)) inconsistentFields.add(name);
    }
    license.revert(pick(change.before, Object.keys(found)));
    if (change.customerErased) customerErased = true;
    else if ('issued_to' in change.before) customerErased = false;
    customerIds.add(license.customerId);
  }
  return { license, customerIds: [...customerIds], customerErased, inconsistentFields: [...inconsistentFields] };
}
