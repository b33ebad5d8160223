import { omit, pick, type Change } from '../../shared/persistence/change.js';
import { IntegrationEvent } from '../../shared/messaging/integration-event.js';
import type { Actor } from '../../shared/access/actor.js';
import type { License, ReplacedTerms } from '../license.entity.js';
import { reasonCode, reasonText, type RecordedReason } from './recorded-reason.js';

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

export class LicenseUpdatedEvent extends LicenseChangedEvent {
  readonly type = 'license.updated';
}

export class LicenseRenewedEvent extends LicenseChangedEvent {
  readonly type = 'license.renewed';
}

export class LicenseTrialConvertedEvent extends LicenseChangedEvent {
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

export class LicenseTemplateChangedEvent extends LicenseChangedEvent {
  readonly type = 'license.template_changed';
}
