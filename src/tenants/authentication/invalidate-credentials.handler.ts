import { EventsHandler, type IEventHandler } from '@nestjs/cqrs';
import { CredentialCache } from './credential-cache.js';
import { ApiKeyRevokedEvent, ApiKeyRotatedEvent } from '../events/api-key.events.js';
import { TenantUpdatedEvent } from '../events/tenant.events.js';

/**
 * Invalidates before the response is sent, because events are published first: a client that reads of a revocation can rely on it in this
 * process.
 */
@EventsHandler(ApiKeyRevokedEvent, ApiKeyRotatedEvent, TenantUpdatedEvent)
export class InvalidateCredentials implements IEventHandler {
  constructor(private readonly credentials: CredentialCache) {}

  handle(): void {
    this.credentials.invalidate();
  }
}
