import { EventsHandler, type IEventHandler } from '@nestjs/cqrs';
import { CredentialCache } from './credential-cache.js';
import { ApiKeyRevokedEvent, ApiKeyRotatedEvent } from '../events/api-key.events.js';
import { TenantUpdatedEvent } from '../events/tenant.events.js';

/** Events are published before the answer goes out: who reads that a key is revoked can rely on it in this process. */
@EventsHandler(ApiKeyRevokedEvent, ApiKeyRotatedEvent, TenantUpdatedEvent)
export class InvalidateCredentials implements IEventHandler {
  constructor(private readonly credentials: CredentialCache) {}

  handle(): void {
    this.credentials.invalidate();
  }
}
