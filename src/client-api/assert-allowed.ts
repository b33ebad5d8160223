import type { License } from '../licensing/index.js';
import { LicenseRestrictedError } from './client.errors.js';
import type { Origin } from './client.guard.js';
import { byPrecedence, type ValidationReason } from './validation-codes.js';
import { programFailures } from './evaluation.js';
import { violations, evaluable, toEvaluationContext, type DeclaredEnvironment } from './restrictions.js';

/** What a program says of itself when it asks for a seat or a file. */
export interface DeclaredProgram extends DeclaredEnvironment {
  readonly product_id?: string | undefined;
}

/**
 * Throws LicenseRestrictedError where the license is not for this product, place or time, as far as these are known: what the
 * program does not say when it takes a seat is asked by validate each time it starts.
 */
export function assertSeatAllowed(program: DeclaredProgram, license: License, origin: Origin, now: Date): void {
  const surroundings = toEvaluationContext(program, origin, now);
  assertNoViolation(program, license, violations(evaluable(license.restrictions, surroundings), surroundings), now);
}

/** The same before a file is signed, with which nobody asks again: so what is not known is denied. */
export function assertOfflineUseAllowed(program: DeclaredProgram, license: License, origin: Origin, now: Date): void {
  assertNoViolation(program, license, violations(license.restrictions, toEvaluationContext(program, origin, now)), now);
}

function assertNoViolation(
  { product_id }: DeclaredProgram,
  license: License,
  denied: readonly ValidationReason[],
  now: Date,
): void {
  const reasons = byPrecedence([...programFailures({ product_id }, license, now), ...denied]);
  if (reasons.length > 0) throw new LicenseRestrictedError(reasons);
}
