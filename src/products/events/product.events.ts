import type { Change } from '../../shared/persistence/change.js';
import { IntegrationEvent } from '../../shared/messaging/integration-event.js';
import type { Actor } from '../../shared/access/actor.js';
import type { JsonObject } from '../../shared/json.js';

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
