import type { Change } from '../../shared/persistence/change.js';
import { IntegrationEvent } from '../../shared/messaging/integration-event.js';
import type { Actor } from '../../shared/access/actor.js';
import { reasonCode, reasonText, type RecordedReason } from '../../shared/messaging/recorded-reason.js';
import type { JsonObject } from '../../shared/json.js';

export class ProductCreatedEvent extends IntegrationEvent {
  readonly type = 'product.created';

  constructor(actor: Actor, now: Date, productId: string, after: JsonObject) {
    super(actor, now, { resourceType: 'product', resourceId: productId }, { after });
  }
}

export class ProductUpdatedEvent extends IntegrationEvent {
  readonly type = 'product.updated';

  constructor(actor: Actor, now: Date, productId: string, { before, after }: Change, reason?: RecordedReason) {
    const resource = { resourceType: 'product', resourceId: productId };
    super(actor, now, resource, { ...reasonCode(reason), before, after }, reasonText(reason));
  }
}
