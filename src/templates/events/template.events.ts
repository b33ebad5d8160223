import type { Change } from '../../shared/persistence/change.js';
import { IntegrationEvent } from '../../shared/messaging/integration-event.js';
import type { Actor } from '../../shared/access/actor.js';
import { reasonCode, reasonText, type RecordedReason } from '../../shared/messaging/recorded-reason.js';
import type { JsonObject } from '../../shared/json.js';

export class TemplateCreatedEvent extends IntegrationEvent {
  readonly type = 'template.created';

  /** `duplicateOf` is the template that was copied. */
  constructor(actor: Actor, now: Date, templateId: string, after: JsonObject, duplicateOf: string | null = null) {
    super(actor, now, { resourceType: 'template', resourceId: templateId }, { after, duplicate_of: duplicateOf });
  }
}

export class TemplateUpdatedEvent extends IntegrationEvent {
  readonly type = 'template.updated';

  constructor(actor: Actor, now: Date, templateId: string, { before, after }: Change, reason?: RecordedReason) {
    const resource = { resourceType: 'template', resourceId: templateId };
    super(actor, now, resource, { ...reasonCode(reason), before, after }, reasonText(reason));
  }
}
