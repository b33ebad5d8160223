import { EventsHandler, type IEventHandler } from '@nestjs/cqrs';
import { DeviceBlockedEvent, DeviceUnblockedEvent } from '../../activations/index.js';
import { LicenseReinstatedEvent, LicenseRevokedEvent, LicenseSuspendedEvent } from '../../licensing/index.js';
import type { IntegrationEvent } from '../../shared/messaging/integration-event.js';
import { RevocationListPublisher } from '../revocation-list-publisher.js';

/** Requests a new revocation list. Events are published after the commit, so the list includes the change. */
@EventsHandler(
  LicenseRevokedEvent,
  LicenseSuspendedEvent,
  LicenseReinstatedEvent,
  DeviceBlockedEvent,
  DeviceUnblockedEvent,
)
export class LicenseListedHandler implements IEventHandler<IntegrationEvent> {
  constructor(private readonly publisher: RevocationListPublisher) {}

  handle({ tenantId }: IntegrationEvent): void {
    this.publisher.changed(tenantId);
  }
}
