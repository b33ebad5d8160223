import { IntegrationEvent } from '../../shared/events/integration-event.js';
import type { Actor } from '../../shared/tenancy/actor.js';
import type { License } from '../license.entity.js';

export class LicenseCreatedEvent extends IntegrationEvent {
  readonly type = 'license.created';

  constructor(actor: Actor, license: License) {
    super(
      actor,
      license.createdAt,
      { resourceType: 'license', resourceId: license.licenseId, licenseId: license.licenseId },
      { product_id: license.productId, license_type: license.licenseType },
      { issued_to: license.issuedTo },
    );
  }
}
