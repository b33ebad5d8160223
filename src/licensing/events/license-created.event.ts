import { IntegrationEvent } from '../../shared/messaging/integration-event.js';
import type { Actor } from '../../shared/access/actor.js';
import type { License } from '../license.entity.js';
import { reasonCode, reasonText, type RecordedReason } from './recorded-reason.js';

/** Data as specified, and the reason if given. There is no snapshot: nothing existed before, and the license itself is the state after. */
export class LicenseCreatedEvent extends IntegrationEvent {
  readonly type = 'license.created';
  override readonly isFirst = true;

  constructor(actor: Actor, license: License, reason?: RecordedReason) {
    super(
      actor,
      license.createdAt,
      { resourceType: 'license', resourceId: license.licenseId, licenseId: license.licenseId },
      { product_id: license.productId, license_type: license.licenseType, ...(reason && reasonCode(reason)) },
      { issued_to: license.issuedTo, ...(reason && reasonText(reason)) },
    );
  }
}
