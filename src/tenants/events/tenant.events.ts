import type { Change } from '../../shared/persistence/change.js';
import { IntegrationEvent } from '../../shared/messaging/integration-event.js';
import type { Actor } from '../../shared/access/actor.js';
import { reasonCode, reasonText, type RecordedReason } from '../../shared/messaging/recorded-reason.js';
import type { JsonObject } from '../../shared/json.js';

export class TenantCreatedEvent extends IntegrationEvent {
  readonly type = 'tenant.created';

  constructor(actor: Actor, now: Date, after: JsonObject) {
    super(actor, now, { resourceType: 'tenant', resourceId: actor.tenantId }, { after });
  }
}

export class TenantUpdatedEvent extends IntegrationEvent {
  readonly type = 'tenant.updated';

  constructor(actor: Actor, now: Date, { before, after }: Change, reason?: RecordedReason) {
    const resource = { resourceType: 'tenant', resourceId: actor.tenantId };
    super(actor, now, resource, { ...reasonCode(reason), before, after }, reasonText(reason));
  }
}
