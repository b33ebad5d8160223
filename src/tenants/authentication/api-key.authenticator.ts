import { Injectable } from '@nestjs/common';
import { Clock } from '../../shared/time/clock.js';
import type { AuthenticationOptions, Principal } from '../../shared/access/authenticator.js';
import { isApiKey } from '../api-key.js';
import { CredentialCache, type CachedKey } from './credential-cache.js';
import { ApiKeyLastUsed } from './api-key-last-used.js';

/** Authenticates the API keys of tenants and of the platform. */
@Injectable()
export class ApiKeyAuthenticator {
  constructor(
    private readonly credentials: CredentialCache,
    private readonly keyUse: ApiKeyLastUsed,
    private readonly clock: Clock,
  ) {}

  async authenticate(secret: string, { paced }: AuthenticationOptions): Promise<Principal | undefined> {
    return isApiKey(secret) ? this.valid(await this.credentials.findKey(secret, paced)) : undefined;
  }

  /** Returns undefined if a look-up in the database is required. */
  getCached(secret: string): Principal | undefined {
    return this.valid(this.credentials.getCachedKey(secret));
  }

  private valid(key: CachedKey | undefined): Principal | undefined {
    const now = this.clock.now();
    if (!key) return undefined;
    const { subject, bounds } = key.principal;
    if (bounds.expiresAt && bounds.expiresAt <= now) return undefined;
    this.keyUse.record(subject.id, now);
    return key.principal;
  }
}
