import type { JsonObject } from '../../shared/json.js';
import { IntegrationEvent } from '../../shared/messaging/integration-event.js';
import type { Actor } from '../../shared/access/actor.js';
import { reasonCode, reasonText, type RecordedReason } from '../../shared/messaging/recorded-reason.js';
import type { EmailTemplate } from '../email-template.entity.js';

/** Event of a tenant's texts, without the texts. */
abstract class EmailTemplateEvent extends IntegrationEvent {
  constructor(
    actor: Actor,
    now: Date,
    { emailTemplateId, template, language, version }: EmailTemplate,
    data: JsonObject = {},
    personal: JsonObject | null = null,
  ) {
    const about = { resourceType: 'email_template', resourceId: emailTemplateId };
    super(actor, now, about, { template, language, version, ...data }, personal);
  }
}

export class EmailTemplateUpdatedEvent extends EmailTemplateEvent {
  readonly type = 'email_template.updated';
}

export class EmailTemplateDeletedEvent extends EmailTemplateEvent {
  readonly type = 'email_template.deleted';

  constructor(actor: Actor, now: Date, texts: EmailTemplate, reason?: RecordedReason) {
    super(actor, now, texts, reasonCode(reason), reasonText(reason));
  }
}
