import { Column, Entity, PrimaryColumn } from 'typeorm';
import { mergeFreeForm } from '../shared/free-form.js';
import type { JsonObject } from '../shared/json.js';
import type { Change } from '../shared/persistence/change.js';
import { VersionedRow } from '../shared/persistence/versioned-row.js';
import { newId } from '../shared/random.js';
import { PartnerStateError } from './partner.errors.js';
import type { CreatePartnerRequest, UpdatePartnerRequest } from './partner.requests.js';
import { ALLOWED_IN, type LicenseEffect, type PartnerAction, type PartnerStatus } from './partner-status.js';
import type { ActionReason } from '../shared/http/action-reason.js';

/** A reseller of the vendor, which issues licenses from its pools. */
@Entity('partners')
export class Partner extends VersionedRow {
  @PrimaryColumn('uuid', { name: 'partner_id' })
  partnerId!: string;

  @Column('text')
  name!: string;

  @Column('text', { nullable: true })
  email!: string | null;

  @Column('text')
  status!: PartnerStatus;

  /** Effect of the suspension that some licenses do not have yet; null: none. See PartnerUpkeep. */
  @Column('text', { name: 'license_effect', nullable: true })
  licenseEffect!: Exclude<LicenseEffect, 'KEEP'> | null;

  /** Reason of that effect; null: none. */
  @Column('jsonb', { name: 'license_effect_reason', nullable: true })
  licenseEffectReason!: ActionReason | null;

  @Column('jsonb')
  metadata!: JsonObject;

  static create(tenantId: string, input: CreatePartnerRequest, now: Date): Partner {
    return Object.assign(new Partner(), Partner.newRow(tenantId, now), {
      partnerId: newId(),
      name: input.name,
      email: input.email,
      status: 'PENDING' as const,
      licenseEffect: null,
      licenseEffectReason: null,
      metadata: input.metadata,
    });
  }

  /** Returns undefined if the patch changes nothing. */
  update(patch: UpdatePartnerRequest, now: Date): Change | undefined {
    const before = this.snapshot();
    if (patch.name !== undefined) this.name = patch.name;
    if (patch.email !== undefined) this.email = patch.email;
    if (patch.metadata) this.metadata = mergeFreeForm(this.metadata, patch.metadata, '/metadata');
    return this.changedSince(before, this.snapshot(), now);
  }

  /** Throws PartnerStateError. */
  assertCan(action: PartnerAction): void {
    if (this.status !== ALLOWED_IN[action]) throw new PartnerStateError(this.partnerId, action, this.status);
  }

  /** Throws PartnerStateError. */
  approve(now: Date): Change | undefined {
    return this.moveTo('approve', 'APPROVED', now);
  }

  /** Suspends the partner; its licenses follow. Throws PartnerStateError. */
  suspend(licenses: LicenseEffect, reason: ActionReason, now: Date): Change | undefined {
    const change = this.moveTo('suspend', 'SUSPENDED', now);
    this.licenseEffect = licenses === 'KEEP' ? null : licenses;
    this.licenseEffectReason = licenses === 'KEEP' ? null : reason;
    return change;
  }

  /** Lets the keys work again; licenses stay as they are. Throws PartnerStateError. */
  reinstate(now: Date): Change | undefined {
    const change = this.moveTo('reinstate', 'APPROVED', now);
    this.licenseEffect = this.licenseEffectReason = null;
    return change;
  }

  /** Notes that every license has the effect of the suspension. */
  endLicenseEffect(now: Date): void {
    this.licenseEffect = this.licenseEffectReason = null;
    this.changed(now);
  }

  /** Returns the changeable fields, in wire names. */
  snapshot(): JsonObject {
    return { name: this.name, email: this.email, status: this.status, metadata: this.metadata };
  }

  private moveTo(action: PartnerAction, status: PartnerStatus, now: Date): Change | undefined {
    this.assertCan(action);
    const before = this.snapshot();
    this.status = status;
    return this.changedSince(before, this.snapshot(), now);
  }
}
