import type { JsonObject } from '../../shared/json.js';
import { IntegrationEvent } from '../../shared/messaging/integration-event.js';
import type { Actor } from '../../shared/access/actor.js';
import { reasonCode, reasonText, type RecordedReason } from '../../shared/messaging/recorded-reason.js';

/** The key id is the whole content of these events, but for the reason of an end. */
abstract class SigningKeyEvent extends IntegrationEvent {
  constructor(actor: Actor, now: Date, kid: string, data: JsonObject = {}, personal: JsonObject | null = null) {
    super(actor, now, { resourceType: 'signing_key', resourceId: kid }, data, personal);
  }
}

abstract class SigningKeyEndedEvent extends SigningKeyEvent {
  constructor(actor: Actor, now: Date, kid: string, reason?: RecordedReason) {
    super(actor, now, kid, reasonCode(reason), reasonText(reason));
  }
}

export class SigningKeyCreatedEvent extends SigningKeyEvent {
  readonly type = 'signing_key.created';
}

export class SigningKeyActivatedEvent extends SigningKeyEvent {
  readonly type = 'signing_key.activated';
}

export class SigningKeyRetiredEvent extends SigningKeyEndedEvent {
  readonly type = 'signing_key.retired';
}

export class SigningKeyRevokedEvent extends SigningKeyEndedEvent {
  readonly type = 'signing_key.revoked';
}
