import { type License } from '../../licensing/index.js';
import type { Change } from '../../shared/persistence/change.js';
import { IntegrationEvent } from '../../shared/messaging/integration-event.js';
import type { Actor } from '../../shared/access/actor.js';
import type { Validity } from '../license-file-validity.js';
import { reasonCode, reasonText, type RecordedReason } from '../../shared/messaging/recorded-reason.js';

/** A license file, with its signing key and device. */
interface File {
  readonly kid: string;
  readonly activationId: string | null;
  readonly fingerprint: string | undefined;
}

export class LicenseCheckedOutEvent extends IntegrationEvent {
  readonly type = 'license.checked_out';

  constructor(
    actor: Actor,
    { licenseId }: License,
    { kid, activationId, fingerprint }: File,
    { issuedAt, expiresAt }: Validity,
    { before, after }: Change,
    reason?: RecordedReason,
  ) {
    super(
      actor,
      issuedAt,
      { resourceType: 'license', resourceId: licenseId, licenseId },
      { kid, activation_id: activationId, expires_at: expiresAt.toISOString(), ...reasonCode(reason), before, after },
      { ...(fingerprint !== undefined && { fingerprint }), ...reasonText(reason) },
    );
  }
}
