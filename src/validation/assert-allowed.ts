import type { License } from '../licensing/index.js';
import { LicenseRestrictedError } from './validation.errors.js';
import type { Origin } from './request-origin.js';
import { byPrecedence, type ValidationReason } from './validation-codes.js';
import { programFailures, toEvaluationContext } from './evaluation.js';
import { violations, evaluable, type DeclaredEnvironment } from './restrictions.js';

/** Facts that a program declares when it requests a seat or a license file. */
export interface DeclaredProgram extends DeclaredEnvironment {
  readonly product_id?: string | undefined;
}

/**
 * Throws LicenseRestrictedError if a known fact breaks a restriction. Facts that the program omits are not checked here, because validate
 * checks them at each start.
 */
export function assertSeatAllowed(program: DeclaredProgram, license: License, origin: Origin, now: Date): void {
  const context = toEvaluationContext(program, origin, now);
  assertNoViolation(program, license, violations(evaluable(license.restrictions, context), context), now);
}

/** Throws LicenseRestrictedError also for unknown facts, because no server checks an offline program again. */
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
