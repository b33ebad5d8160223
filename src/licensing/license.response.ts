import { z } from 'zod';
import { EXAMPLES } from '../shared/examples.js';
import { Feature, LicenseModel, LicenseType, Restriction, Term, termFields } from '../templates/index.js';
import { LicenseStatus } from './license.requests.js';
import { UtcTime } from '../shared/http/schema.js';
import { FreeForm } from '../shared/free-form.js';
import { pageOf } from '../shared/http/paging.js';
import type { License } from './license.entity.js';
import { Overrides } from './license-overrides.js';
import { maxActivationsOf } from './max-activations.js';

/** License at issue: the 15 fields of the workflow-compatible return format of the specification, in its order. */
export const IssuedLicense = z
  .object({
    license_key: z
      .string()
      .meta({ description: 'Only here and in the response of `revealLicenseKey`.', examples: [EXAMPLES.licenseKey] }),
    license_id: z.uuid(),
    customer_id: z.string(),
    template_id: z.string(),
    tenant_id: z.string(),
    product_id: z.string(),
    product_name: z
      .string()
      .meta({ description: '`License for {template_name}`. Name of the product: product_display_name.' }),
    license_type: LicenseType,
    license_model: LicenseModel,
    status: LicenseStatus,
    issued_to: z.string().meta({ description: 'Name of the customer, or that of the issue request.' }),
    issued_date: UtcTime,
    expiry_date: UtcTime.nullable().meta({ description: 'Null: never expires, or PENDING: begins with the start.' }),
    max_activations: z
      .int()
      .nullable()
      .meta({ description: 'Number of seats. Null: unlimited, as for SITE_LICENSE and ENTERPRISE.' }),
    current_activations: z.int().meta({ description: 'Seats in use.' }),
  })
  .meta({ id: 'IssuedLicense', description: 'The new license with its license key.' });
export type IssuedLicense = z.infer<typeof IssuedLicense>;

export const LicenseResponse = IssuedLicense.omit({ license_key: true })
  .extend({
    product_display_name: z.string().meta({ description: 'Current name of the product.' }),
    license_key_last_four: z.string(),
    template_version: z.int().meta({ description: 'Version of the template whose terms were copied.' }),
    starts_at: UtcTime.nullable().meta({
      description: 'Start of the license. Null: its first activation, which is awaited.',
    }),
    expires_if_started_by: UtcTime.nullable().meta({
      description:
        'Time at which the license expires if its first activation is still awaited. Null once it has started.',
    }),
    maintenance_expiry: UtcTime.nullable().meta({
      description: 'Versions of the program released until then are covered. Null: all.',
    }),
    default_duration: z
      .int()
      .nullable()
      .meta({ description: 'Days of one term. Null: default_term, or never expires.' }),
    default_term: Term.nullable().meta({ description: 'One term in months or years. Null: default_duration says it.' }),
    grace_period_days: z.int(),
    in_grace: z.boolean().meta({ description: 'Expired, but valid until `grace_ends_at`.' }),
    grace_ends_at: UtcTime.nullable(),
    trial: z.boolean(),
    anchor_day: z.int().nullable().meta({
      description: 'Day of the month that renewals by months return to. Null: the day of expiry_date.',
    }),
    auto_renewal_enabled: z.boolean(),
    ...termFields,
    files_until: UtcTime.nullable().meta({
      description:
        'End of the last license file. Null: none was created. A revocation reaches a license file only through the revocation list.',
    }),
    external_id: z.string().nullable().meta({ description: 'Id in the system that the license was imported from.' }),
    order_id: z.uuid().nullable().meta({ description: 'Order that the license was issued for.' }),
    subscription_id: z.string().nullable().meta({ description: 'Subscription that decides the expiry.' }),
    held_by_subscription: z
      .boolean()
      .meta({ description: 'Suspended by its subscription, which also ends it. False: if suspended, then by hand.' }),
    partner_id: z.uuid().nullable().meta({ description: 'Partner that issued the license or that it was issued for.' }),
    pool_id: z.uuid().nullable().meta({ description: 'License pool that the license counts against.' }),
    overrides: Overrides,
    features: z.array(Feature),
    restrictions: z.array(Restriction),
    pricing: FreeForm,
    metadata: FreeForm,
    version: z.int(),
    created_at: UtcTime,
    updated_at: UtcTime,
  })
  .meta({ id: 'License', description: 'The license.' });

const ReplacedTerm = z
  .object({ before: z.unknown(), after: z.unknown() })
  .meta({ id: 'ReplacedTerm', description: 'Value of a term before and after.' });

/** Response of an action that may apply the terms of another template. */
export const LicenseOnOtherTerms = LicenseResponse.extend({
  replaced: z.record(z.string(), ReplacedTerm).optional().meta({
    description: 'Values set by PATCH that the template replaced, by name. Only if it replaced one.',
  }),
}).meta({ id: 'LicenseOnOtherTerms', description: 'The license, with the values that the template replaced.' });

/** Members of a response to an action that replaced the license key. */
const rotatedKeyFields = {
  license_key: z.string().meta({ description: 'The new license key.' }),
  former_key_valid_until: UtcTime.meta({
    description: 'End of the former license key, and of those before it at the latest.',
  }),
};
export type RotatedKey = z.infer<z.ZodObject<typeof rotatedKeyFields>>;

export const LicenseWithNewKey = LicenseResponse.extend(rotatedKeyFields).meta({
  id: 'LicenseWithNewKey',
  description: 'The license with its new license key.',
});

/** Numbers of a reset of devices. */
export const devicesResetFields = {
  deactivated: z.int().meta({ description: 'Devices that lost their seat.' }),
  held: z.int().meta({ description: 'Devices whose seat a license file holds, which stay activated.' }),
  held_until: UtcTime.nullable().meta({ description: 'End of the last of these license files.' }),
};
const DevicesReset = z.object(devicesResetFields).meta({ id: 'DevicesReset' });
export type DevicesReset = z.infer<typeof DevicesReset>;

/** Members of a response to a transfer, where it was asked for a new license key or the end of the activations. */
const transferFields = {
  ...z.object(rotatedKeyFields).partial().shape,
  devices: DevicesReset.optional().meta({ description: 'Only with `deactivate_devices`.' }),
};

export const TransferredLicense = LicenseResponse.extend(transferFields).meta({
  id: 'TransferredLicense',
  description: 'The license, with its new license key if `rotate_key` asked for one.',
});

/** Response of an action, with what some of them add. */
const ChangedLicense = LicenseOnOtherTerms.extend(transferFields);
export type LicenseResponse = z.infer<typeof ChangedLicense>;

/** License without its large fields, because all results of a batch stay in memory while the client reads nothing. */
export const LicenseSummary = ChangedLicense.omit({
  overrides: true,
  features: true,
  restrictions: true,
  pricing: true,
  metadata: true,
}).meta({
  id: 'LicenseSummary',
  description: 'The license without overrides, features, restrictions, pricing and metadata.',
});

export const FoundLicenses = z
  .object({
    data: z.array(LicenseResponse).meta({ description: 'At most 20, newest first.' }),
    has_more: z.boolean().meta({ description: 'Whether there are more, which the filters of the list find.' }),
  })
  .meta({ id: 'FoundLicenses', description: 'The licenses that were found.' });
export type FoundLicenses = z.infer<typeof FoundLicenses>;

export const LicensePage = pageOf(LicenseResponse).meta({ id: 'LicensePage' });
export type LicensePage = z.infer<typeof LicensePage>;

export const RevealedLicenseKey = z
  .object({ license_id: z.uuid(), license_key: z.string() })
  .meta({ id: 'RevealedLicenseKey', description: 'The license key.' });
export type RevealedLicenseKey = z.infer<typeof RevealedLicenseKey>;

const NO_OVERRIDES: Overrides = Object.freeze({});

// The fields are repeated, because an object literal with a spread is built field by field, and a page of 100 licenses would take longer
// to convert than to read.
export function toIssuedLicense(license: License, licenseKey: string): IssuedLicense {
  return {
    license_key: licenseKey,
    license_id: license.licenseId,
    customer_id: license.customerId,
    template_id: license.templateId,
    tenant_id: license.tenantId,
    product_id: license.productId,
    product_name: license.productName,
    license_type: license.licenseType,
    license_model: license.licenseModel,
    status: license.statusAt(license.issuedDate),
    issued_to: license.issuedTo,
    issued_date: license.issuedDate.toISOString(),
    expiry_date: license.expiryAt(license.issuedDate)?.toISOString() ?? null,
    max_activations: maxActivationsOf(license),
    current_activations: license.currentActivations,
  };
}

/** Returns the license as of `now`. */
export function toLicenseResponse(license: License, now: Date): LicenseResponse {
  return {
    license_id: license.licenseId,
    customer_id: license.customerId,
    template_id: license.templateId,
    tenant_id: license.tenantId,
    product_id: license.productId,
    product_name: license.productName,
    license_type: license.licenseType,
    license_model: license.licenseModel,
    status: license.statusAt(now),
    issued_to: license.issuedTo,
    issued_date: license.issuedDate.toISOString(),
    expiry_date: license.expiryAt(now)?.toISOString() ?? null,
    max_activations: maxActivationsOf(license),
    current_activations: license.currentActivations,
    product_display_name: license.productDisplayName ?? license.productName,
    license_key_last_four: license.licenseKeyLastFour,
    template_version: license.templateVersion,
    starts_at: license.startOf?.toISOString() ?? null,
    expires_if_started_by: license.waitingEndsAt?.toISOString() ?? null,
    maintenance_expiry: license.maintenanceExpiryAt(now)?.toISOString() ?? null,
    default_duration: license.defaultDuration,
    default_term: license.defaultTerm,
    grace_period_days: license.gracePeriodDays,
    in_grace: license.isInGrace(now),
    grace_ends_at: license.graceEndsAt(now)?.toISOString() ?? null,
    trial: license.trial,
    anchor_day: license.anchorDayAt(now),
    auto_renewal_enabled: license.autoRenewalEnabled,
    overage_policy: license.overagePolicy,
    overage_factor: license.overageFactor,
    eviction_policy: license.evictionPolicy,
    heartbeat_interval_seconds: license.heartbeatIntervalSeconds,
    heartbeat_grace_seconds: license.heartbeatGraceSeconds,
    file_ttl_max_seconds: license.fileTtlMaxSeconds,
    deactivations_per_period: license.deactivationsPerPeriod,
    self_service_replacement: license.selfServiceReplacement,
    files_until: license.filesValidUntil?.toISOString() ?? null,
    external_id: license.externalId,
    order_id: license.orderId,
    subscription_id: license.subscriptionId,
    held_by_subscription: license.heldBySubscription,
    partner_id: license.partnerId,
    pool_id: license.poolId,
    overrides: license.overridesAt(now) ?? NO_OVERRIDES,
    features: license.features,
    restrictions: license.restrictions,
    pricing: license.pricing,
    metadata: license.metadata,
    version: license.version,
    created_at: license.createdAt.toISOString(),
    updated_at: license.updatedAt.toISOString(),
  };
}

/** Line of a selection, which is also the beginning of a line of a batch. */
export const SelectedLicense = z
  .object({ license_id: z.uuid(), version: z.int() })
  .meta({ id: 'SelectedLicense', description: 'A license and its version.' });
export type SelectedLicense = z.infer<typeof SelectedLicense>;
