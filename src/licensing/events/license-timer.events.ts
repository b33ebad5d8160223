import { IntegrationEvent } from '../../shared/messaging/integration-event.js';
import type { Actor } from '../../shared/access/actor.js';
import { daysUntil } from '../calendar.js';
import type { License } from '../license.entity.js';
import { reasonCode } from './recorded-reason.js';
import type { JsonObject } from '../../shared/json.js';

/** Time did something to a license, or soon does: `due_at` is when, and the event's own time when it was noticed. */
abstract class LicenseTimerEvent extends IntegrationEvent {
  protected constructor(actor: Actor, now: Date, license: License, dueAt: Date, more: JsonObject) {
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
export class LicenseRenewalDueEvent extends LicenseTimerEvent {
  readonly type = 'license.renewal_due';

  constructor(actor: Actor, now: Date, license: License, dueAt: Date) {
    super(actor, now, license, dueAt, {
      days_left: license.expiryDate && daysUntil(license.expiryDate, now),
      auto_renewal_enabled: license.autoRenews,
    });
  }
}

export class LicenseExpiredEvent extends LicenseTimerEvent {
  readonly type = 'license.expired';

  constructor(actor: Actor, now: Date, license: License, dueAt: Date) {
    super(actor, now, license, dueAt, {
      grace_ends_at: license.graceEndsAt(now)?.toISOString() ?? null,
      ...reasonCode({ code: 'TERM_ENDED' }),
      before: { status: 'ACTIVE' },
      after: { status: 'EXPIRED' },
    });
  }
}

export class LicenseGraceEndedEvent extends LicenseTimerEvent {
  readonly type = 'license.grace_ended';

  constructor(actor: Actor, now: Date, license: License, dueAt: Date) {
    super(actor, now, license, dueAt, {
      ...reasonCode({ code: 'GRACE_ENDED' }),
      before: { in_grace: true },
      after: { in_grace: false },
    });
  }
}
