import { EventsHandler, type IEventHandler } from '@nestjs/cqrs';
import { Authenticator } from '../shared/access/authenticator.js';
import { PartnerApprovedEvent, PartnerReinstatedEvent, PartnerSuspendedEvent } from './events/partner.events.js';

/** Makes the keys of a partner follow its status at once in this process; in others within 5 seconds, as a revocation of a key. */
@EventsHandler(PartnerApprovedEvent, PartnerSuspendedEvent, PartnerReinstatedEvent)
export class InvalidatePartnerKeys implements IEventHandler {
  constructor(private readonly authenticator: Authenticator) {}

  handle(): void {
    this.authenticator.invalidate();
  }
}
