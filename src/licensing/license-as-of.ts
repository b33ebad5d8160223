import { isDeepStrictEqual } from 'node:util';
import { asInstance } from '../shared/as-instance.js';
import { pick } from '../shared/events/change.js';
import type { JsonObject } from '../shared/events/integration-event.js';
import { License } from './license.entity.js';

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
  readonly erased: boolean;
}

/** A license as it was. */
export interface LicenseThen {
  readonly license: License;
  /** Who has had it since then, the one of then included. */
  readonly customerIds: readonly string[];
  /** Whom it was issued to is no longer known. */
  readonly erased: boolean;
  /** Terms that the history tells differently than the license does, by their wire names: what they were is not certain. */
  readonly doubtful: readonly string[];
}

/**
 * The license at a time not before its issue, from what it is now and all that has changed it since, the latest first: each
 * change is taken back. What a change led to must be what is found there; where it is not, something is missing or in
 * another order, and that is said. `license` itself is left alone.
 */
export function licenseAsOf(now: License, changes: readonly PastChange[], instant: Date): LicenseThen {
  const license = asInstance(License, Object.assign({}, now));
  const customerIds = new Set([license.customerId]);
  const doubtful = new Set<string>();
  let erased = false;
  for (const change of changes.filter(({ at }) => at > instant)) {
    const found = license.terms(change.at);
    for (const [name, value] of Object.entries(change.after)) {
      if (!isDeepStrictEqual(found[name], value)) doubtful.add(name);
    }
    license.restore(pick(change.before, Object.keys(found)));
    if (change.erased) erased = true;
    else if ('issued_to' in change.before) erased = false;
    customerIds.add(license.customerId);
  }
  return { license, customerIds: [...customerIds], erased, doubtful: [...doubtful] };
}
