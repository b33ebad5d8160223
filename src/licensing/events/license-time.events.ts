import { IntegrationEvent, type JsonObject } from '../../shared/events/integration-event.js';
import type { Actor } from '../../shared/tenancy/actor.js';
import type { License } from '../license.entity.js';

/** Time did something to a license: `due_at` is when, and the event's own time when it was noticed. */
abstract class LicenseTimeEvent extends IntegrationEvent {
  constructor(actor: Actor, now: Date, license: License, dueAt: Date, more: JsonObject = {}) {
    super(
      actor,
      now,
      { resourceType: 'license', resourceId: license.licenseId, licenseId: license.licenseId },
      {
        product_id: license.productId,
        due_at: dueAt.toISOString(),
        expiry_date: license.expiryDate?.toISOString() ?? null,
        trial: license.trial,
        ...more,
      },
    );
  }
}

/** The license expires, or renews itself, in `days_left` days; rounded up from when it was noticed. */
export class LicenseRenewalDueEvent extends LicenseTimeEvent {
  readonly type = 'license.renewal_due';
}

export class LicenseExpiredEvent extends LicenseTimeEvent {
  readonly type = 'license.expired';
}

export class LicenseGraceEndedEvent extends LicenseTimeEvent {
  readonly type = 'license.grace_ended';
}
