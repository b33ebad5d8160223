import { IntegrationEvent } from '../../shared/messaging/integration-event.js';
import type { Actor } from '../../shared/access/actor.js';
import { reasonCode, reasonText, type RecordedReason } from '../../shared/messaging/recorded-reason.js';
import type { JsonObject } from '../../shared/json.js';

export class ApiKeyCreatedEvent extends IntegrationEvent {
  readonly type = 'api_key.created';

  constructor(actor: Actor, now: Date, id: string, after: JsonObject) {
    super(actor, now, { resourceType: 'api_key', resourceId: id }, { after });
  }
}

export class ApiKeyRotatedEvent extends IntegrationEvent {
  readonly type = 'api_key.rotated';

  constructor(actor: Actor, now: Date, id: string, overlapS: number, reason?: RecordedReason) {
    const data = { overlap_seconds: overlapS, ...reasonCode(reason) };
    super(actor, now, { resourceType: 'api_key', resourceId: id }, data, reasonText(reason));
  }
}

export class ApiKeyRevokedEvent extends IntegrationEvent {
  readonly type = 'api_key.revoked';

  constructor(actor: Actor, now: Date, id: string, reason?: RecordedReason) {
    super(actor, now, { resourceType: 'api_key', resourceId: id }, reasonCode(reason), reasonText(reason));
  }
}
