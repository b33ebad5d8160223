import { isDeepStrictEqual } from 'node:util';
import { hydrate } from '../shared/hydrate.js';
import { License } from './license.entity.js';
import type { JsonObject } from '../shared/json.js';

/** Event types that contain a change of a license as snapshots before and after. */
export const CHANGE_EVENTS = [
  'license.updated',
  'license.renewed',
  'license.started',
  'license.trial_converted',
  'license.suspended',
  'license.reinstated',
  'license.revoked',
  'license.transferred',
  'license.key_rotated',
  'license.subscription_changed',
  'license.template_changed',
] as const;

/** Change of a license, as its event recorded it. */
export interface PastChange {
  readonly at: Date;
  readonly before: JsonObject;
  readonly after: JsonObject;
  /** Whether the name in `issued_to` was erased from the event. */
  readonly customerErased: boolean;
}

/** License as of a past time. */
export interface LicenseAsOf {
  readonly license: License;
  /** Customers of the license from then until now. */
  readonly customerIds: readonly string[];
  /** Whether the name in `issued_to` at that time is unknown because it was erased. */
  readonly customerErased: boolean;
  /** Snapshot fields in which the events contradict the license, so that their past values are uncertain. */
  readonly inconsistentFields: readonly string[];
}

/**
 * Reverts the changes after `instant`, latest first, on a copy of the license. `instant` must not precede the issue.
 * The result of each change must match the state found, or a change is missing or out of order, and the field is reported.
 */
export function licenseAsOf(now: License, changes: readonly PastChange[], instant: Date): LicenseAsOf {
  const license = hydrate(License, Object.assign({}, now));
  const customerIds = new Set([license.customerId]);
  const inconsistentFields = new Set<string>();
  let customerErased = false;
  for (const change of changes.filter(({ at }) => at > instant)) {
    const snapshot = license.snapshot(change.at);
    for (const [name, value] of Object.entries(change.after)) {
      if (!isDeepStrictEqual(snapshot[name], value)) inconsistentFields.add(name);
    }
    license.revert(change.before);
    if (change.customerErased) customerErased = true;
    else if ('issued_to' in change.before) customerErased = false;
    customerIds.add(license.customerId);
  }
  return { license, customerIds: [...customerIds], customerErased, inconsistentFields: [...inconsistentFields] };
}
