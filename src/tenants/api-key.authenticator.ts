import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Clock } from '../shared/clock.js';
import { Actor } from '../shared/tenancy/actor.js';
import { Authenticator, type Authentication } from '../shared/tenancy/authenticator.js';
import { expandPermissions } from '../shared/tenancy/permissions.js';
import { hashApiKey, isApiKey } from './api-key.js';
import { KeyUse } from './key-use.js';

interface KeyRow {
  id: string;
  tenant_id: string;
  permissions: string[];
  expires_at: Date | null;
  revoked_at: Date | null;
  status: string;
}

/** Reads the key from the database at every request, so that a revoked key stops working at once in every process. */
@Injectable()
export class ApiKeyAuthenticator extends Authenticator {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly keyUse: KeyUse,
    private readonly clock: Clock,
  ) {
    super();
  }

  async authenticate(token: string): Promise<Authentication> {
    if (!isApiKey(token)) return undefined;
    const [key] = await this.dataSource.query<KeyRow[]>(
      `SELECT k.id, k.tenant_id, k.permissions, k.expires_at, k.revoked_at, t.status
       FROM api_keys k JOIN tenants t ON t.id = k.tenant_id WHERE k.key_sha256 = $1`,
      [hashApiKey(token)],
    );
    const now = this.clock.now();
    if (!key || key.revoked_at || (key.expires_at && key.expires_at <= now)) return undefined;
    this.keyUse.note(key.id, now);
    if (key.status !== 'ACTIVE') return { suspended: true };
    const subject = { type: 'api_key', id: key.id, via: 'rest' } as const;
    return { actor: new Actor(key.tenant_id, subject, expandPermissions(key.permissions)) };
  }
}
