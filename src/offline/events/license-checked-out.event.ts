import type { License } from '../../licensing/index.js';
import { IntegrationEvent } from '../../shared/events/integration-event.js';
import type { Actor } from '../../shared/tenancy/actor.js';
import type { Validity } from '../license-file.js';

export class LicenseCheckedOutEvent extends IntegrationEvent {
  readonly type = 'license.checked_out';

  constructor(
    actor: Actor,
    { licenseId }: License,
    file: { readonly kid: string; readonly activationId: string | null; readonly fingerprint: string | undefined },
    { issuedAt, expiresAt }: Validity,
  ) {
    const { kid, activationId, fingerprint } = file;
    super(
      actor,
      issuedAt,
      { resourceType: 'license', resourceId: licenseId, licenseId },
      { kid, activation_id: activationId, expires_at: expiresAt.toISOString() },
      fingerprint === undefined ? null : { fingerprint },
    );
  }
}
