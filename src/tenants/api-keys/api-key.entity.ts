import { Column, Entity, PrimaryColumn } from 'typeorm';
import { newId } from '../../shared/random.js';
import { InvalidFieldError } from '../../shared/errors.js';
import { effectivePermissions, withinTenant, type Permission } from '../../shared/access/permissions.js';
import { VersionedRow } from '../../shared/persistence/versioned-row.js';
import type { CreateApiKeyRequest } from './api-key.requests.js';
import { ApiKeyInactiveError } from './api-key.errors.js';
import { apiKeyPrefix, hashApiKey } from '../api-key.js';
import type { JsonObject } from '../../shared/json.js';

const SECOND_MS = 1000;

/** A tenant's key as it is kept: what it may, and digests by which its secret is known again. */
@Entity('api_keys')
export class ApiKey extends VersionedRow {
  @PrimaryColumn('uuid')
  id!: string;

  @Column({ type: 'text', update: false })
  name!: string;

  @Column({ type: 'text', nullable: true, update: false })
  role!: string | null;

  /** As stored; `grants` are what they come to. */
  @Column({ type: 'text', array: true, update: false })
  permissions!: string[];

  /** Address ranges it may be used from; none means everywhere. */
  @Column({ type: 'text', array: true, update: false })
  networks!: string[];

  @Column('bytea', { name: 'key_sha256' })
  keySha256!: Buffer;

  @Column('text', { name: 'key_prefix' })
  keyPrefix!: string;

  /** The secret before the last rotation, for as long as it overlaps. */
  @Column('bytea', { name: 'previous_sha256', nullable: true })
  previousSha256!: Buffer | null;

  @Column('timestamptz', { name: 'previous_expires_at', nullable: true })
  previousExpiresAt!: Date | null;

  @Column({ type: 'timestamptz', name: 'expires_at', nullable: true, update: false })
  expiresAt!: Date | null;

  @Column('timestamptz', { name: 'revoked_at', nullable: true })
  revokedAt!: Date | null;

  @Column({ type: 'timestamptz', name: 'last_used_at', nullable: true, update: false })
  lastUsedAt!: Date | null;

  /** Throws InvalidFieldError when it would be expired at once. */
  static create(tenantId: string, request: CreateApiKeyRequest, secret: string, now: Date): ApiKey {
    const expiresAt = request.expires_at === null ? null : new Date(request.expires_at);
    if (expiresAt && expiresAt <= now) throw new InvalidFieldError('/expires_at', 'must be in the future');
    return Object.assign(new ApiKey(), ApiKey.newRow(tenantId, now), {
      id: newId(),
      name: request.name,
      role: request.role,
      permissions: request.permissions,
      networks: request.networks,
      keySha256: hashApiKey(secret),
      keyPrefix: apiKeyPrefix(secret),
      previousSha256: null,
      previousExpiresAt: null,
      expiresAt,
      revokedAt: null,
      lastUsedAt: null,
    });
  }

  get grants(): ReadonlySet<Permission> {
    return withinTenant(effectivePermissions(this.role, this.permissions));
  }

  /** A new secret; the one before stays valid for the overlap, in seconds. Throws ApiKeyInactiveError. */
  rotate(secret: string, overlapS: number, now: Date): void {
    if (this.revokedAt || (this.expiresAt && this.expiresAt <= now)) throw new ApiKeyInactiveError(this.id);
    this.previousSha256 = overlapS > 0 ? this.keySha256 : null;
    this.previousExpiresAt = overlapS > 0 ? new Date(now.getTime() + overlapS * SECOND_MS) : null;
    this.keySha256 = hashApiKey(secret);
    this.keyPrefix = apiKeyPrefix(secret);
    this.changed(now);
  }

  /** False when it was revoked before. */
  revoke(now: Date): boolean {
    if (this.revokedAt) return false;
    this.revokedAt = now;
    this.previousSha256 = null;
    this.previousExpiresAt = null;
    this.changed(now);
    return true;
  }

  /** What an event may tell of it, in wire names. */
  snapshot(): JsonObject {
    return {
      name: this.name,
      role: this.role,
      permissions: [...this.grants],
      networks: this.networks,
      expires_at: this.expiresAt?.toISOString() ?? null,
    };
  }
}
