import type { Change } from '../../shared/persistence/change.js';
import { IntegrationEvent, type JsonObject } from '../../shared/messaging/integration-event.js';
import type { Actor } from '../../shared/access/actor.js';

export class TenantCreatedEvent extends IntegrationEvent {
  readonly type = 'tenant.created';

  constructor(actor: Actor, now: Date, after: JsonObject) {
    super(actor, now, { resourceType: 'tenant', resourceId: actor.tenantId }, { after });
  }
}

export class TenantUpdatedEvent extends IntegrationEvent {
  readonly type = 'tenant.updated';

  constructor(actor: Actor, now: Date, { before, after }: Change) {
    super(actor, now, { resourceType: 'tenant', resourceId: actor.tenantId }, { before, after });
  }
}
