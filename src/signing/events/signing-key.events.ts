import { IntegrationEvent } from '../../shared/messaging/integration-event.js';
import type { Actor } from '../../shared/access/actor.js';

/** The key id is the whole content of these events. */
abstract class SigningKeyEvent extends IntegrationEvent {
  constructor(actor: Actor, now: Date, kid: string) {
    super(actor, now, { resourceType: 'signing_key', resourceId: kid }, {});
  }
}

export class SigningKeyCreatedEvent extends SigningKeyEvent {
  readonly type = 'signing_key.created';
}

export class SigningKeyActivatedEvent extends SigningKeyEvent {
  readonly type = 'signing_key.activated';
}

export class SigningKeyRetiredEvent extends SigningKeyEvent {
  readonly type = 'signing_key.retired';
}

export class SigningKeyRevokedEvent extends SigningKeyEvent {
  readonly type = 'signing_key.revoked';
}
