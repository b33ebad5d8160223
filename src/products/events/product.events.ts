import type { Change } from '../../shared/events/change.js';
import { IntegrationEvent, type JsonObject } from '../../shared/events/integration-event.js';
import type { Actor } from '../../shared/tenancy/actor.js';

export class ProductCreatedEvent extends IntegrationEvent {
  readonly type = 'product.created';

  constructor(actor: Actor, now: Date, productId: string, after: JsonObject) {
    super(actor, now, { resourceType: 'product', resourceId: productId }, { after });
  }
}

export class ProductUpdatedEvent extends IntegrationEvent {
  readonly type = 'product.updated';

  constructor(actor: Actor, now: Date, productId: string, { before, after }: Change) {
    super(actor, now, { resourceType: 'product', resourceId: productId }, { before, after });
  }
}
