import { Column, Entity, PrimaryColumn } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import type { JsonObject } from '../shared/events/integration-event.js';
import { VersionedRow } from '../shared/tenancy/versioned-row.js';
import type { Feature, LicenseModel, LicenseType, Restriction, Template } from '../templates/index.js';
import type { IssueLicenseRequest } from './license.dto.js';

const DAY_MS = 24 * 60 * 60 * 1000;

export const LICENSE_STATUSES = ['ACTIVE', 'INACTIVE', 'EXPIRED', 'SUSPENDED', 'REVOKED', 'PENDING'] as const;
export type LicenseStatus = (typeof LICENSE_STATUSES)[number];

/** The right of one customer to use one product, with its own copy of the template's terms. */
@Entity('licenses')
export class License extends VersionedRow {
  @PrimaryColumn('uuid', { name: 'license_id' })
  licenseId!: string;

  /** The key under AES-256-GCM; see Secrets.seal. */
  @Column('bytea', { name: 'license_key_sealed' })
  licenseKeySealed!: Buffer;

  @Column('text', { name: 'license_key_last_four' })
  licenseKeyLastFour!: string;

  @Column('text', { name: 'customer_id' })
  customerId!: string;

  @Column('text', { name: 'template_id' })
  templateId!: string;

  /** The version of the template whose terms were copied. */
  @Column('integer', { name: 'template_version' })
  templateVersion!: number;

  @Column('text', { name: 'product_id' })
  productId!: string;

  @Column('text', { name: 'product_name' })
  productName!: string;

  @Column('text', { name: 'license_type' })
  licenseType!: LicenseType;

  @Column('text', { name: 'license_model' })
  licenseModel!: LicenseModel;

  @Column('text')
  status!: LicenseStatus;

  @Column('text', { name: 'issued_to' })
  issuedTo!: string;

  @Column('timestamptz', { name: 'issued_date' })
  issuedDate!: Date;

  /** Null never expires. */
  @Column('timestamptz', { name: 'expiry_date', nullable: true })
  expiryDate!: Date | null;

  @Column('timestamptz', { name: 'maintenance_expiry', nullable: true })
  maintenanceExpiry!: Date | null;

  /** Days of one term; null never expires. */
  @Column('integer', { name: 'default_duration', nullable: true })
  defaultDuration!: number | null;

  @Column('integer', { name: 'grace_period_days' })
  gracePeriodDays!: number;

  @Column('boolean', { name: 'auto_renewal_enabled' })
  autoRenewalEnabled!: boolean;

  /** Null is unlimited. */
  @Column('integer', { name: 'max_activations', nullable: true })
  maxActivations!: number | null;

  @Column('integer', { name: 'current_activations' })
  currentActivations!: number;

  @Column('jsonb')
  features!: Feature[];

  @Column('jsonb')
  restrictions!: Restriction[];

  @Column('jsonb')
  pricing!: JsonObject;

  @Column('jsonb')
  metadata!: JsonObject;

  /** A license on the template's terms as they are now. It has no key yet. */
  static issue(template: Template, order: IssueLicenseRequest, customerName: string | undefined, now: Date): License {
    const expiryDate =
      template.defaultDuration === null ? null : new Date(now.getTime() + template.defaultDuration * DAY_MS);
    return Object.assign(new License(), License.newRow(template.tenantId, now), {
      licenseId: uuidv7(),
      customerId: order.customer_id,
      templateId: template.templateId,
      templateVersion: template.version,
      productId: template.productId,
      productName: `License for ${template.templateName}`,
      licenseType: template.licenseType,
      licenseModel: template.licenseModel,
      status: 'ACTIVE' as const,
      issuedTo: order.issued_to ?? customerName ?? `Customer ${order.customer_id}`,
      issuedDate: now,
      expiryDate,
      maintenanceExpiry: expiryDate,
      defaultDuration: template.defaultDuration,
      gracePeriodDays: template.gracePeriodDays,
      autoRenewalEnabled: template.autoRenewalEnabled,
      maxActivations: template.maxActivations,
      currentActivations: 0,
      features: structuredClone(template.features),
      restrictions: structuredClone(template.restrictions),
      pricing: structuredClone(template.pricing),
      metadata: order.metadata,
    });
  }

  /** What the seal of this license's key is bound to. */
  get sealContext(): readonly string[] {
    return licenseSealContext(this.tenantId, this.licenseId);
  }
}

export function licenseSealContext(tenantId: string, licenseId: string): readonly string[] {
  return [tenantId, licenseId];
}
