import type { License } from '../licensing/index.js';
import { LicenseRestrictedError } from './client.errors.js';
import type { Origin } from './client.guard.js';
import { inOrder } from './codes.js';
import { ofProgram } from './evaluation.js';
import { deniedBy, judgeable } from './restrictions.js';

/** What a program says of itself when it asks for a seat or a file. */
export interface Program {
  readonly product_id?: string | undefined;
  readonly domain?: string | undefined;
  readonly mac?: string | undefined;
  readonly hardware_id?: string | undefined;
}

/** Throws LicenseRestrictedError where the license is not for this product, place or time. */
export function assertMayRun(program: Program, license: License, origin: Origin, now: Date): void {
  const { product_id, domain, mac, hardware_id: hardwareId } = program;
  const surroundings = { now, ...origin, domain, mac, hardwareId };
  const reasons = inOrder([
    ...ofProgram({ product_id }, license, now),
    ...deniedBy(judgeable(license.restrictions, surroundings), surroundings),
  ]);
  if (reasons.length > 0) throw new LicenseRestrictedError(reasons);
}
