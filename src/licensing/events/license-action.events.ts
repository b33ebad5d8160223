import { omit, pick, type Change } from '../../shared/persistence/change.js';
import { IntegrationEvent } from '../../shared/messaging/integration-event.js';
import type { Actor } from '../../shared/access/actor.js';
import type { License, ReplacedTerms } from '../license.entity.js';
import { reasonCode, reasonText, type RecordedReason } from '../../shared/messaging/recorded-reason.js';

/** Personal fields of the snapshot: the name of the holder, and free-form data of the vendor. */
const PERSONAL = ['issued_to', 'metadata'];

/** Action on a license: changed fields before and after by wire name, and the reason. */
abstract class LicenseChangedEvent extends IntegrationEvent {
  constructor(
    actor: Actor,
    now: Date,
    license: License,
    { before, after, replaced }: Change & { readonly replaced?: ReplacedTerms },
    reason?: RecordedReason,
  ) {
    super(
      actor,
      now,
      license.eventResource,
      {
        product_id: license.productId,
        ...reasonCode(reason),
        before: omit(before, PERSONAL),
        after: omit(after, PERSONAL),
        ...(replaced && { replaced }),
      },
      { before: pick(before, PERSONAL), after: pick(after, PERSONAL), ...reasonText(reason) },
    );
  }
}

/** Change to terms that may count seats in another way. */
abstract class LicenseTermsChangedEvent extends LicenseChangedEvent {
  /** Adds the seats in use as the new terms count them. */
  withSeats({ currentActivations }: License): this {
    Object.assign(this.data, { current_activations: currentActivations });
    return this;
  }
}

export class LicenseUpdatedEvent extends LicenseChangedEvent {
  readonly type = 'license.updated';
}

export class LicenseRenewedEvent extends LicenseChangedEvent {
  readonly type = 'license.renewed';
}

/** The license starts: by its first activation, with what that changed, or at a time, when only its status differs. */
export class LicenseStartedEvent extends LicenseChangedEvent {
  readonly type = 'license.started';

  /** Returns the event of a start at the time `dueAt`, which stores nothing. */
  static atTime(actor: Actor, now: Date, license: License, dueAt: Date): LicenseStartedEvent {
    const change = { before: { status: 'PENDING' }, after: { status: license.statusAt(now) } };
    const event = new LicenseStartedEvent(actor, now, license, change);
    Object.assign(event.data, { due_at: dueAt.toISOString() });
    return event;
  }
}

export class LicenseTrialConvertedEvent extends LicenseTermsChangedEvent {
  readonly type = 'license.trial_converted';
}

export class LicenseSuspendedEvent extends LicenseChangedEvent {
  readonly type = 'license.suspended';
}

export class LicenseReinstatedEvent extends LicenseChangedEvent {
  readonly type = 'license.reinstated';
}

export class LicenseRevokedEvent extends LicenseChangedEvent {
  readonly type = 'license.revoked';
}

export class LicenseTransferredEvent extends LicenseChangedEvent {
  readonly type = 'license.transferred';
}

export class LicenseKeyRotatedEvent extends LicenseChangedEvent {
  readonly type = 'license.key_rotated';
}

export class LicenseSubscriptionChangedEvent extends LicenseChangedEvent {
  readonly type = 'license.subscription_changed';
}

export class LicenseTemplateChangedEvent extends LicenseTermsChangedEvent {
  readonly type = 'license.template_changed';
}
