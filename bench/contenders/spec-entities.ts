import { Column, Entity, Generated, PrimaryColumn } from 'typeorm';

// The tables of the specification as entities, with properties named as their columns.

@Entity('license_templates')
export class LicenseTemplate {
  @PrimaryColumn('text') tenant_id!: string;
  @PrimaryColumn('text') template_id!: string;
  @Column('text') template_name!: string;
  @Column('text') product_id!: string;
  @Column('text') license_type!: string;
  @Column('text') license_model!: string;
  @Column('integer') default_duration!: number;
  @Column('integer') max_activations!: number;
  @Column('integer') grace_period_days!: number;
  @Column('boolean') auto_renewal_enabled!: boolean;
  @Column('jsonb') features!: object[];
  @Column('jsonb') restrictions!: object[];
  @Column('jsonb') pricing!: object;
  @Column('boolean') active!: boolean;
  @Column('integer') version!: number;
}

@Entity('customers')
export class Customer {
  @PrimaryColumn('text') tenant_id!: string;
  @PrimaryColumn('text') customer_id!: string;
  @Column('text') first_name!: string;
  @Column('text') last_name!: string;
}

@Entity('licenses')
export class License {
  @PrimaryColumn('text') tenant_id!: string;
  @PrimaryColumn('uuid') license_id!: string;
  /** The key as it is: the specification does not seal it. */
  @Column('bytea', { select: false }) license_key_sealed!: Buffer;
  @Column('text') license_key_last_four!: string;
  @Column('text') customer_id!: string;
  @Column('text') template_id!: string;
  @Column('integer') template_version!: number;
  @Column('text') product_id!: string;
  @Column('text') product_name!: string;
  @Column('text') license_type!: string;
  @Column('text') license_model!: string;
  @Column('text') status!: string;
  @Column('text') issued_to!: string;
  @Column('timestamptz') issued_date!: Date;
  @Column('timestamptz') expiry_date!: Date;
  @Column('timestamptz') maintenance_expiry!: Date;
  @Column('integer') default_duration!: number;
  @Column('integer') grace_period_days!: number;
  @Column('boolean') auto_renewal_enabled!: boolean;
  @Column('integer') max_activations!: number;
  @Column('integer') current_activations!: number;
  @Column('jsonb') features!: object[];
  @Column('jsonb') restrictions!: object[];
  @Column('jsonb') pricing!: object;
  @Column('jsonb') metadata!: object;
  @Column('integer') version!: number;
  @Column('timestamptz') created_at!: Date;
  @Column('timestamptz') updated_at!: Date;
}

@Entity('license_keys')
export class LicenseKey {
  @PrimaryColumn('bytea') digest!: Buffer;
  @Column('text') tenant_id!: string;
  @Column('uuid') license_id!: string;
}

@Entity('license_event_logs')
export class LicenseEvent {
  @PrimaryColumn('text') tenant_id!: string;
  /** From a sequence, as most would have it. */
  @PrimaryColumn('bigint') @Generated('increment') seq!: string;
  @Column('uuid') id!: string;
  @Column('text') event_type!: string;
  @Column('uuid') license_id!: string;
  @Column('text') resource_type!: string;
  @Column('text') resource_id!: string;
  @Column('jsonb') event_data!: object;
  @Column('jsonb') actor!: object;
  @Column('jsonb') metadata!: object;
  @Column('timestamptz') created_at!: Date;
}
