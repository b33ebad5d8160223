import { IntegrationEvent } from '../../shared/messaging/integration-event.js';
import type { Actor } from '../../shared/access/actor.js';
import type { License } from '../license.entity.js';
import { originOf } from './license-created.event.js';

/** First event of a license that another system had, with the number of its active devices. */
export class LicenseImportedEvent extends IntegrationEvent {
  readonly type = 'license.imported';
  override readonly isFirst = true;

  constructor(actor: Actor, license: License) {
    super(
      actor,
      license.createdAt,
      license.eventResource,
      {
        product_id: license.productId,
        license_type: license.licenseType,
        status: license.statusAt(license.createdAt),
        trial: license.trial,
        issued_date: license.issuedDate.toISOString(),
        expiry_date: license.expiryDate?.toISOString() ?? null,
        current_activations: license.currentActivations,
        ...originOf(license),
        ...(license.overrides && { overrides: Object.keys(license.overrides) }),
      },
      { issued_to: license.issuedTo, external_id: license.externalId },
    );
  }
}
