import { IntegrationEvent } from '../../shared/messaging/integration-event.js';
import type { Actor } from '../../shared/access/actor.js';
import { daysUntil } from '../calendar.js';
import type { License } from '../license.entity.js';
import type { JsonObject } from '../../shared/json.js';
import { reasonCode } from '../../shared/messaging/recorded-reason.js';

/** Milestone of a license. `due_at` is its scheduled time; the time of the event is when it was processed. */
abstract class LicenseTimerEvent extends IntegrationEvent {
  protected constructor(actor: Actor, now: Date, license: License, dueAt: Date, fields: JsonObject) {
    super(actor, now, license.eventResource, {
      product_id: license.productId,
      due_at: dueAt.toISOString(),
      expiry_date: license.expiryDate?.toISOString() ?? null,
      trial: license.trial,
      ...fields,
    });
  }
}

/** The license expires or is renewed in `days_left` days, rounded up from the time of the event. */
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

  constructor(actor: Actor, now: Date, license: License, dueAt: Date, code = 'TERM_ENDED') {
    super(actor, now, license, dueAt, {
      grace_ends_at: license.graceEndsAt(now)?.toISOString() ?? null,
      ...reasonCode({ code }),
      before: { status: license.awaitedStart ? 'PENDING' : 'ACTIVE' },
      after: { status: 'EXPIRED' },
    });
  }
}

/** Reason code of the expiry of a license that had expired before its import. */
export const IMPORTED = 'IMPORTED';

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
