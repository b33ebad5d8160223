import type { Actor } from '../shared/access/actor.js';
import type { StoredEvidence } from './evidence-collector.js';

/** The principal and the license of a program that presented a valid license key. */
export interface LicenseKeyCaller {
  readonly actor: Actor;
  readonly licenseId: string;
  /** Tenant of an API key that was sent as well; undefined: none was sent. */
  readonly apiKeyTenantId: string | undefined;
  /** Whether the vendor's tenant is suspended. */
  readonly suspended: boolean;
  /** License as the statement that found its key read it. */
  readonly evidence: StoredEvidence;
}
