import { Injectable } from '@nestjs/common';
import { Clock } from '../shared/clock.js';
import type { Principal } from '../shared/tenancy/authenticator.js';
import { isApiKey } from './api-key.js';
import { Credentials } from './credentials.js';
import { KeyUse } from './key-use.js';

/** Knows API keys, those of tenants and those of the platform. */
@Injectable()
export class ApiKeyAuthenticator {
  constructor(
    private readonly credentials: Credentials,
    private readonly keyUse: KeyUse,
    private readonly clock: Clock,
  ) {}

  async authenticate(secret: string): Promise<Principal | undefined> {
    if (!isApiKey(secret)) return undefined;
    const key = await this.credentials.findKey(secret);
    const now = this.clock.now();
    if (!key || (key.endsAt && key.endsAt <= now)) return undefined;
    this.keyUse.note(key.id, now);
    const { id, tenant, permissions, admits } = key;
    return { subject: { type: tenant ? 'api_key' : 'platform_key', id, via: 'rest' }, tenant, permissions, admits };
  }
}
