import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Change } from '../shared/persistence/change.js';
import { Versioned } from '../shared/persistence/versioned-row.js';
import type { JsonObject } from '../shared/json.js';
import {
  emailSnapshot,
  withEmailPatch,
  type StoredEmailSettings,
  type UpdateEmailSettingsRequest,
} from './email-settings.js';
import type { FulfilmentTrigger } from './fulfilment-trigger.js';
import type { ForeignKeyNormalisation } from '../shared/foreign-keys.js';

export const TENANT_STATUSES = ['ACTIVE', 'SUSPENDED'] as const;
export type TenantStatus = (typeof TENANT_STATUSES)[number];

/** The changeable fields of a tenant, in wire names. */
export interface TenantChange {
  readonly status?: TenantStatus | undefined;
  readonly require_if_match?: boolean | undefined;
  readonly requests_per_minute?: number | null | undefined;
  readonly emails?: UpdateEmailSettingsRequest | undefined;
  readonly order_fulfilment_after?: FulfilmentTrigger | undefined;
  readonly customers_must_exist?: boolean | undefined;
  readonly fulfil_orders_automatically?: boolean | undefined;
  readonly allow_short_keys?: boolean | undefined;
  readonly foreign_key_normalisation?: ForeignKeyNormalisation | undefined;
  readonly metadata_filters?: readonly string[] | undefined;
}

/** A vendor. Its id is the tenant id of all its rows. */
@Entity('tenants')
export class Tenant extends Versioned {
  @PrimaryColumn('text', { name: 'id' })
  tenantId!: string;

  @Column('text')
  status!: TenantStatus;

  /** Whether changes require If-Match. */
  @Column('boolean', { name: 'require_if_match' })
  requireIfMatch!: boolean;

  /** Rate limit over all API keys of the tenant; null applies the server's default. */
  @Column('integer', { name: 'requests_per_minute', nullable: true })
  requestsPerMinute!: number | null;

  /** Settings of e-mail that differ from the default. */
  @Column('jsonb', { name: 'email_settings' })
  emailSettings!: StoredEmailSettings;

  @Column('text', { name: 'order_fulfilment_after' })
  orderFulfilmentAfter!: FulfilmentTrigger;

  /** Whether a license is only issued, or transferred, to a customer that is stored here. */
  @Column('boolean', { name: 'customers_must_exist' })
  customersMustExist!: boolean;

  /** Whether the action that makes an order due also fulfils it. */
  @Column('boolean', { name: 'fulfil_orders_automatically' })
  fulfilOrdersAutomatically!: boolean;

  /** Whether license keys of fewer than 16 characters can be imported. */
  @Column('boolean', { name: 'allow_short_keys' })
  allowShortKeys!: boolean;

  /** How imported license keys are compared. Fixed once there is one. */
  @Column('text', { name: 'foreign_key_normalisation' })
  foreignKeyNormalisation!: ForeignKeyNormalisation;

  /** Metadata keys of licenses that lists can be filtered by. */
  @Column('text', { name: 'metadata_filters', array: true })
  metadataFilters!: readonly string[];

  /** Keys that were declared or withdrawn, whose values are still to be filled in or removed. */
  @Column('text', { name: 'metadata_filters_pending', array: true })
  metadataFiltersPending!: readonly string[];

  static create(tenantId: string, requestsPerMinute: number | null, now: Date): Tenant {
    const orders = { orderFulfilmentAfter: 'APPROVAL' as const, fulfilOrdersAutomatically: false };
    const keys = { allowShortKeys: false, foreignKeyNormalisation: 'NONE' as const };
    const fields = {
      status: 'ACTIVE' as const,
      requestsPerMinute,
      requireIfMatch: false,
      emailSettings: {},
      ...orders,
      ...keys,
      customersMustExist: false,
      metadataFilters: [],
      metadataFiltersPending: [],
    };
    return Object.assign(new Tenant(), { tenantId, version: 1, createdAt: now, updatedAt: now }, fields);
  }

  /** Returns undefined if nothing changes. */
  update(change: TenantChange, now: Date): Change | undefined {
    const before = this.snapshot();
    if (change.status !== undefined) this.status = change.status;
    if (change.require_if_match !== undefined) this.requireIfMatch = change.require_if_match;
    if (change.requests_per_minute !== undefined) this.requestsPerMinute = change.requests_per_minute;
    if (change.emails !== undefined) this.emailSettings = withEmailPatch(this.emailSettings, change.emails, now);
    if (change.order_fulfilment_after !== undefined) this.orderFulfilmentAfter = change.order_fulfilment_after;
    if (change.customers_must_exist !== undefined) this.customersMustExist = change.customers_must_exist;
    if (change.fulfil_orders_automatically !== undefined)
      this.fulfilOrdersAutomatically = change.fulfil_orders_automatically;
    if (change.allow_short_keys !== undefined) this.allowShortKeys = change.allow_short_keys;
    if (change.foreign_key_normalisation !== undefined) this.foreignKeyNormalisation = change.foreign_key_normalisation;
    if (change.metadata_filters !== undefined) this.declareFilters(change.metadata_filters);
    return this.changedSince(before, this.snapshot(), now);
  }

  /** Declares these keys as filters and no others. Those that were declared or withdrawn are pending. */
  private declareFilters(keys: readonly string[]): void {
    const before = this.metadataFilters;
    const changed = [...before, ...keys].filter((key) => before.includes(key) !== keys.includes(key));
    this.metadataFilters = keys;
    this.metadataFiltersPending = [...new Set([...this.metadataFiltersPending, ...changed])];
  }

  snapshot(): JsonObject {
    return {
      status: this.status,
      require_if_match: this.requireIfMatch,
      requests_per_minute: this.requestsPerMinute,
      emails: emailSnapshot(this.emailSettings),
      order_fulfilment_after: this.orderFulfilmentAfter,
      customers_must_exist: this.customersMustExist,
      fulfil_orders_automatically: this.fulfilOrdersAutomatically,
      allow_short_keys: this.allowShortKeys,
      foreign_key_normalisation: this.foreignKeyNormalisation,
      metadata_filters: [...this.metadataFilters],
    };
  }
}
