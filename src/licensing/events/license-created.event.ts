import { IntegrationEvent } from '../../shared/messaging/integration-event.js';
import type { Actor } from '../../shared/access/actor.js';
import type { JsonObject } from '../../shared/json.js';
import type { License } from '../license.entity.js';
import { reasonCode, reasonText, type RecordedReason } from '../../shared/messaging/recorded-reason.js';

/** Data as specified, and the reason, the origin and the names of overrides if given. There is no snapshot: nothing existed before, and the license itself is the state after. */
export class LicenseCreatedEvent extends IntegrationEvent {
  readonly type = 'license.created';
  override readonly isFirst = true;

  constructor(actor: Actor, license: License, reason?: RecordedReason) {
    super(
      actor,
      license.createdAt,
      license.eventResource,
      {
        product_id: license.productId,
        license_type: license.licenseType,
        ...originOf(license),
        ...(license.overrides && { overrides: Object.keys(license.overrides) }),
        ...(reason && reasonCode(reason)),
      },
      { issued_to: license.issuedTo, ...(reason && reasonText(reason)) },
    );
  }
}

/** Returns the ids of what the license was issued for. */
export function originOf({ orderId, subscriptionId, partnerId, poolId }: License): JsonObject {
  return {
    ...(orderId !== null && { order_id: orderId }),
    ...(subscriptionId !== null && { subscription_id: subscriptionId }),
    ...(partnerId !== null && { partner_id: partnerId }),
    ...(poolId !== null && { pool_id: poolId }),
  };
}
