import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { PartnerAction, PartnerOverride } from '../../licensing/index.js';
import type { JsonObject } from '../../shared/json.js';
import type { Change } from '../../shared/persistence/change.js';
import { VersionedRow } from '../../shared/persistence/versioned-row.js';
import { newId } from '../../shared/random.js';
import type { CreateLicensePoolRequest, UpdateLicensePoolRequest } from './license-pool.requests.js';

/** Licenses of one template that a partner may issue. How many are left follows from its ledger alone; see PoolLedger. */
@Entity('license_pools')
export class LicensePool extends VersionedRow {
  @PrimaryColumn('uuid', { name: 'pool_id' })
  poolId!: string;

  @Column({ type: 'uuid', name: 'partner_id', update: false })
  partnerId!: string;

  @Column({ type: 'text', name: 'template_id', update: false })
  templateId!: string;

  @Column('boolean', { name: 'returns_revoked' })
  returnsRevoked!: boolean;

  @Column('boolean', { name: 'returns_expired' })
  returnsExpired!: boolean;

  @Column('timestamptz', { name: 'expires_at', nullable: true })
  expiresAt!: Date | null;

  /** Actions that the keys of the partner may take. */
  @Column('text', { name: 'allowed_actions', array: true })
  allowedActions!: readonly PartnerAction[];

  /** Terms that the keys of the partner may override when they issue. */
  @Column('text', { name: 'allowed_overrides', array: true })
  allowedOverrides!: readonly PartnerOverride[];

  /** Whether the ledger has the expiry of the licenses that were left at the end of the pool. */
  @Column('boolean', { name: 'expiry_recorded' })
  expiryRecorded!: boolean;

  static create(tenantId: string, request: CreateLicensePoolRequest, now: Date): LicensePool {
    return Object.assign(new LicensePool(), LicensePool.newRow(tenantId, now), {
      poolId: newId(),
      partnerId: request.partner_id,
      templateId: request.license_template_id,
      returnsRevoked: request.returns_revoked,
      returnsExpired: request.returns_expired,
      expiresAt: timeOf(request.expires_at),
      allowedActions: request.allowed_actions ?? [],
      allowedOverrides: request.allowed_overrides ?? [],
      expiryRecorded: false,
    });
  }

  /** Returns undefined if the patch changes nothing. Another end is recorded anew when it comes. */
  update(patch: UpdateLicensePoolRequest, now: Date): Change | undefined {
    const before = this.snapshot();
    if (patch.returns_revoked !== undefined) this.returnsRevoked = patch.returns_revoked;
    if (patch.returns_expired !== undefined) this.returnsExpired = patch.returns_expired;
    if (patch.allowed_actions) this.allowedActions = patch.allowed_actions;
    if (patch.allowed_overrides) this.allowedOverrides = patch.allowed_overrides;
    if (patch.expires_at !== undefined) {
      this.expiresAt = timeOf(patch.expires_at);
      this.expiryRecorded = false;
    }
    return this.changedSince(before, this.snapshot(), now);
  }

  hasExpired(now: Date): boolean {
    return this.expiresAt !== null && this.expiresAt <= now;
  }

  /** Tells whether a license that ended so can be issued again. */
  takesBack(end: 'REVOKED' | 'EXPIRED'): boolean {
    return end === 'REVOKED' ? this.returnsRevoked : this.returnsExpired;
  }

  /** Returns the fields, in wire names. */
  snapshot(): JsonObject {
    return {
      license_template_id: this.templateId,
      returns_revoked: this.returnsRevoked,
      returns_expired: this.returnsExpired,
      expires_at: this.expiresAt?.toISOString() ?? null,
      allowed_actions: [...this.allowedActions],
      allowed_overrides: [...this.allowedOverrides],
    };
  }
}

function timeOf(text: string | null): Date | null {
  return text === null ? null : new Date(text);
}
