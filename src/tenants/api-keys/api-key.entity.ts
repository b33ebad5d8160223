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

/** A tenant's API key as stored: its permissions, and digests of its secret. */
@Entity('api_keys')
export class ApiKey extends VersionedRow {
  @PrimaryColumn('uuid')
  id!: string;

  @Column({ type: 'text', update: false })
  name!: string;

  @Column({ type: 'text', nullable: true, update: false })
  role!: string | null;

  /** Permissions as stored; `grants` are the effective ones. */
  @Column({ type: 'text', array: true, update: false })
  permissions!: string[];

  /** Partner whose rows alone the API key reaches; null: those of the tenant. */
  @Column({ type: 'uuid', name: 'partner_id', nullable: true, update: false })
  partnerId!: string | null;

  /** Address ranges that the API key may be used from; an empty list allows every address. */
  @Column({ type: 'text', array: true, update: false })
  networks!: string[];

  @Column('bytea', { name: 'key_sha256' })
  keySha256!: Buffer;

  @Column('text', { name: 'key_prefix' })
  keyPrefix!: string;

  /** Digest of the secret before the last rotation, while the two overlap. */
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

  /** Throws InvalidFieldError if the API key would be expired at its creation. */
  static create(tenantId: string, request: CreateApiKeyRequest, secret: string, now: Date): ApiKey {
    const expiresAt = request.expires_at === null ? null : new Date(request.expires_at);
    if (expiresAt && expiresAt <= now) throw new InvalidFieldError('/expires_at', 'must be in the future');
    return Object.assign(new ApiKey(), ApiKey.newRow(tenantId, now), {
      id: newId(),
      name: request.name,
      role: request.role,
      permissions: request.permissions,
      networks: request.networks,
      partnerId: request.partner_id ?? null,
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

  /** Replaces the secret; the previous one stays valid for the overlap, in seconds. Throws ApiKeyInactiveError. */
  rotate(secret: string, overlapS: number, now: Date): void {
    if (this.revokedAt || (this.expiresAt && this.expiresAt <= now)) throw new ApiKeyInactiveError(this.id);
    this.previousSha256 = overlapS > 0 ? this.keySha256 : null;
    this.previousExpiresAt = overlapS > 0 ? new Date(now.getTime() + overlapS * SECOND_MS) : null;
    this.keySha256 = hashApiKey(secret);
    this.keyPrefix = apiKeyPrefix(secret);
    this.changed(now);
  }

  /** Returns false if the API key was revoked before. */
  revoke(now: Date): boolean {
    if (this.revokedAt) return false;
    this.revokedAt = now;
    this.previousSha256 = null;
    this.previousExpiresAt = null;
    this.changed(now);
    return true;
  }

  /** Returns the fields for events, in wire names. */
  snapshot(): JsonObject {
    return {
      name: this.name,
      role: this.role,
      permissions: [...this.grants],
      networks: this.networks,
      ...(this.partnerId !== null && { partner_id: this.partnerId }),
      expires_at: this.expiresAt?.toISOString() ?? null,
    };
  }
}
