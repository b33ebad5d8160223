import type { JsonObject } from '../../shared/json.js';
import { IntegrationEvent } from '../../shared/messaging/integration-event.js';
import { Actor } from '../../shared/access/actor.js';
import { reasonCode, reasonText, type RecordedReason } from '../../shared/messaging/recorded-reason.js';
import type { EmailMessage } from '../email-message.entity.js';

/** Returns the actor of events that the sending of messages causes. */
export function mailer(tenantId: string): Actor {
  return Actor.service('mailer', tenantId);
}

/** Event of a message, without its recipient and content. */
abstract class EmailMessageEvent extends IntegrationEvent {
  constructor(
    actor: Actor,
    now: Date,
    message: EmailMessage,
    data: JsonObject = {},
    personal: JsonObject | null = null,
  ) {
    const { emailMessageId, licenseId } = message;
    super(
      actor,
      now,
      { resourceType: 'email_message', resourceId: emailMessageId, ...(licenseId !== null && { licenseId }) },
      {
        template: message.template,
        customer_id: message.customerId,
        partner_id: message.partnerId,
        order_id: message.orderId,
        status: message.status,
        reason: message.reason,
        attempt_count: message.attemptCount,
        ...data,
      },
      personal,
    );
  }
}

export class EmailMessageQueuedEvent extends EmailMessageEvent {
  readonly type = 'email_message.queued';
}

export class EmailMessageSentEvent extends EmailMessageEvent {
  readonly type = 'email_message.sent';
}

export class EmailMessageFailedEvent extends EmailMessageEvent {
  readonly type = 'email_message.failed';
}

export class EmailMessageCancelledEvent extends EmailMessageEvent {
  readonly type = 'email_message.cancelled';

  /** `reason` is that of the person who cancelled it, in place of that of the last attempt. */
  constructor(actor: Actor, now: Date, message: EmailMessage, reason?: RecordedReason) {
    super(actor, now, message, reasonCode(reason), reasonText(reason));
  }
}

export class EmailMessageExpiredEvent extends EmailMessageEvent {
  readonly type = 'email_message.expired';
}
