import type { License } from '../licensing/index.js';
import { LicenseRestrictedError } from './client.errors.js';
import type { Origin } from './client.guard.js';
import { inOrder, type Reason } from './codes.js';
import { ofProgram } from './evaluation.js';
import { deniedBy, judgeable, surroundingsOf, type Place } from './restrictions.js';

/** What a program says of itself when it asks for a seat or a file. */
export interface Program extends Place {
  readonly product_id?: string | undefined;
}

/**
 * Throws LicenseRestrictedError where the license is not for this product, place or time, as far as these are known: what the
 * program does not say when it takes a seat is asked by validate each time it starts.
 */
export function assertMayTakeSeat(program: Program, license: License, origin: Origin, now: Date): void {
  const surroundings = surroundingsOf(program, origin, now);
  assertNone(program, license, deniedBy(judgeable(license.restrictions, surroundings), surroundings), now);
}

/** The same before a file is signed, with which nobody asks again: so what is not known is denied. */
export function assertMayRunOffline(program: Program, license: License, origin: Origin, now: Date): void {
  assertNone(program, license, deniedBy(license.restrictions, surroundingsOf(program, origin, now)), now);
}

function assertNone({ product_id }: Program, license: License, denied: readonly Reason[], now: Date): void {
  const reasons = inOrder([...ofProgram({ product_id }, license, now), ...denied]);
  if (reasons.length > 0) throw new LicenseRestrictedError(reasons);
}
