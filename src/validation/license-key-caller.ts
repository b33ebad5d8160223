import type { Actor } from '../shared/access/actor.js';
import type { StoredEvidence } from './evidence-collector.js';

/** The principal and the license of a program that presented a valid license key. */
export interface LicenseKeyCaller {
  readonly actor: Actor;
  readonly licenseId: string;
  /** Whether the vendor's tenant is suspended. */
  readonly suspended: boolean;
  /** License as the statement that found its key read it. */
  readonly evidence: StoredEvidence;
}
