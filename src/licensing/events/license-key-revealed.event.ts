import { IntegrationEvent } from '../../shared/messaging/integration-event.js';
import type { Actor } from '../../shared/access/actor.js';
import type { License } from '../license.entity.js';

export class LicenseKeyRevealedEvent extends IntegrationEvent {
  readonly type = 'license.key_revealed';

  constructor(actor: Actor, now: Date, license: License) {
    super(actor, now, license.eventResource, {
      product_id: license.productId,
      license_key_last_four: license.licenseKeyLastFour,
    });
  }
}
