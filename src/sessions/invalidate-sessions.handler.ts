import { EventsHandler, type IEventHandler } from '@nestjs/cqrs';
import { ApiKeyRevokedEvent, ApiKeyRotatedEvent, TenantUpdatedEvent } from '../tenants/index.js';
import { CookieSessionAuthenticator } from './cookie-session.authenticator.js';
import { SessionEndedEvent } from './events/session.events.js';

/** Drops cached sessions before the response to the change is sent, because events are published first. */
@EventsHandler(SessionEndedEvent, ApiKeyRevokedEvent, ApiKeyRotatedEvent, TenantUpdatedEvent)
export class InvalidateSessions implements IEventHandler {
  constructor(private readonly sessions: CookieSessionAuthenticator) {}

  handle(): void {
    this.sessions.invalidate();
  }
}
