import type { Change } from '../../shared/events/change.js';
import { IntegrationEvent, type JsonObject } from '../../shared/events/integration-event.js';
import type { Actor } from '../../shared/tenancy/actor.js';

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
