import type { Actor } from '../../shared/access/actor.js';
import type { JsonObject } from '../../shared/json.js';
import { IntegrationEvent } from '../../shared/messaging/integration-event.js';
import type { Change } from '../../shared/persistence/change.js';
import { reasonCode, reasonText, type RecordedReason } from '../../shared/messaging/recorded-reason.js';

/** Identity of a pool. */
interface PoolKey {
  readonly poolId: string;
  readonly partnerId: string;
}

function poolResource({ poolId, partnerId }: PoolKey) {
  return { resourceType: 'license_pool', resourceId: poolId, partnerId };
}

export class LicensePoolCreatedEvent extends IntegrationEvent {
  readonly type = 'license_pool.created';

  constructor(actor: Actor, now: Date, pool: PoolKey, after: JsonObject) {
    super(actor, now, poolResource(pool), { partner_id: pool.partnerId, after });
  }
}

export class LicensePoolUpdatedEvent extends IntegrationEvent {
  readonly type = 'license_pool.updated';

  constructor(actor: Actor, now: Date, pool: PoolKey, { before, after }: Change) {
    super(actor, now, poolResource(pool), { partner_id: pool.partnerId, before, after });
  }
}

/** Licenses were added to a pool, or taken out of it: `quantity` is negative then. */
export class LicensePoolAllottedEvent extends IntegrationEvent {
  readonly type = 'license_pool.allotted';

  constructor(actor: Actor, now: Date, pool: PoolKey, quantity: number, reason?: RecordedReason) {
    super(
      actor,
      now,
      poolResource(pool),
      { partner_id: pool.partnerId, quantity, ...reasonCode(reason) },
      { ...reasonText(reason) },
    );
  }
}

/** The pool has expired, and with it `quantity` licenses that were left. */
export class LicensePoolExpiredEvent extends IntegrationEvent {
  readonly type = 'license_pool.expired';

  constructor(actor: Actor, now: Date, pool: PoolKey, quantity: number) {
    super(actor, now, poolResource(pool), { partner_id: pool.partnerId, quantity });
  }
}
