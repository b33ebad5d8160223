import { Column } from 'typeorm';
import { z } from 'zod';
import type { JsonObject } from '../shared/json.js';
import { columnsOf } from '../shared/persistence/entity-columns.js';
import { VersionedRow } from '../shared/persistence/versioned-row.js';
import { text, Timestamp, UtcTime } from '../shared/http/schema.js';
import { integer, rule } from '../shared/http/schema-messages.js';
import { restrictionValueFault } from './restriction-values.js';
import { Restriction } from './restriction-types.js';

export const LICENSE_TYPES = ['PERPETUAL', 'SUBSCRIPTION', 'TRIAL', 'EVALUATION', 'CONCURRENT', 'NAMED_USER'] as const;
export const LicenseType = z.enum(LICENSE_TYPES).meta({
  id: 'LicenseType',
  description:
    'PERPETUAL never expires. TRIAL and EVALUATION are trials. CONCURRENT leases its seats (floating). NAMED_USER counts users.',
});
export type LicenseType = z.infer<typeof LicenseType>;

/** Returns whether licenses of this type are trials. */
export function isTrialType(type: LicenseType): boolean {
  return type === 'TRIAL' || type === 'EVALUATION';
}

export const LICENSE_MODELS = ['PER_SEAT', 'PER_DEVICE', 'PER_CPU', 'PER_CORE', 'SITE_LICENSE', 'ENTERPRISE'] as const;
export const LicenseModel = z.enum(LICENSE_MODELS).meta({
  id: 'LicenseModel',
  description:
    'Seats are devices (PER_SEAT, PER_DEVICE), processors (PER_CPU) or cores (PER_CORE). SITE_LICENSE and ENTERPRISE have no limit.',
});
export type LicenseModel = z.infer<typeof LicenseModel>;

export const LimitType = z
  .enum(['COUNT', 'SIZE', 'DURATION', 'BANDWIDTH'])
  .meta({ id: 'LimitType', description: 'Kind of unit of `limit_value`. Informational.' });
export const ResetPeriod = z
  .enum(['DAY', 'MONTH', 'YEAR'])
  .meta({ id: 'ResetPeriod', description: 'Usage period; each starts at 00:00 UTC.' });

const featureFields = {
  feature_id: text(100),
  feature_name: text(255),
  limit_value: z.int().min(0).nullable().meta({ description: 'Usage limit per period. Null: unlimited.' }),
  limit_type: LimitType.nullable(),
  reset_period: ResetPeriod.nullable().optional().meta({
    description: 'Start of each usage period (UTC). Null: never reset.',
  }),
};

/** A feature, with one shape in templates and in licenses. */
export const Feature = z
  .object({
    ...featureFields,
    enabled: z.boolean(),
    expires_at: UtcTime.nullable().meta({ description: 'End of the feature. Null: the end of the license.' }),
  })
  .meta({ id: 'Feature' });
export type Feature = z.infer<typeof Feature>;

export const FeatureInput = z
  .strictObject({
    ...featureFields,
    enabled: z.boolean().default(true),
    limit_value: featureFields.limit_value.default(null),
    limit_type: featureFields.limit_type.default(null),
    expires_at: Timestamp.nullable().default(null),
  })
  .meta({ id: 'FeatureInput', examples: [{ feature_id: 'radius_aaa', feature_name: 'RADIUS AAA' }] });

const MAX_MONTHS = 1_200;
const MAX_YEARS = 100;
const MAX_DAYS = 36_500;

/** Length of a term: calendar months or years in UTC, or days. */
export const Term = z
  .strictObject({ months: integer(1, MAX_MONTHS), years: integer(1, MAX_YEARS), days: integer(1, MAX_DAYS) })
  .partial()
  .refine((term) => Object.keys(term).length === 1, 'must contain one of months, years and days')
  .meta({
    id: 'Term',
    description: 'One of months, years (calendar, UTC) and days.',
    minProperties: 1,
    maxProperties: 1,
    examples: [{ years: 1 }],
  });
export type Term = z.infer<typeof Term>;

export const DeactivationLimit = z
  .strictObject({ limit: integer(0, 1_000_000), period: ResetPeriod })
  .meta({ id: 'DeactivationLimit', examples: [{ limit: 3, period: 'MONTH' }] });
export type DeactivationLimit = z.infer<typeof DeactivationLimit>;

/** Terms with one shape in the requests and responses of templates and in licenses: seat policy at the limit, and limits for license files. */
export const termFields = {
  overage_policy: z.enum(['DENY', 'ALLOW']).meta({
    id: 'OveragePolicy',
    description: 'ALLOW: seats may exceed max_activations by overage_factor, rounded down.',
  }),
  overage_factor: z
    .number(rule('must be a number from 1 to 10'))
    .min(1)
    .max(10)
    .refine((factor) => Math.round(factor * 100) / 100 === factor, 'must have at most two decimals')
    .nullable()
    .meta({
      description: 'Factor of max_activations, 1 to 10, two decimals. Required if overage_policy is ALLOW.',
      examples: [1.5],
    }),
  eviction_policy: z.enum(['NONE', 'OLDEST']).meta({
    id: 'EvictionPolicy',
    description: 'OLDEST: if no seat is free, the device that was seen longest ago loses its seat.',
  }),
  heartbeat_interval_seconds: integer(1, 86_400).meta({
    description: 'Heartbeat interval of a floating license.',
  }),
  heartbeat_grace_seconds: integer(0, 86_400).meta({
    description: 'Time after a missed heartbeat until the seat is freed.',
  }),
  file_ttl_max_seconds: z
    .int()
    .min(60)
    .max(31_622_400)
    .nullable()
    .meta({
      description: 'Maximum validity of a license file in seconds. Null: 31622400 (366 days).',
      examples: [604_800],
    }),
  deactivations_per_period: DeactivationLimit.nullable().meta({
    description:
      'How often programs and self-service may deactivate devices in each period (UTC). Staff is not counted. Null: unlimited.',
  }),
  self_service_replacement: z.boolean().meta({
    description:
      'Whether a program may replace a device if no seat is free: the refusal then contains the devices and a replacement_token.',
  }),
};
export type OveragePolicy = z.infer<typeof termFields.overage_policy>;
export type EvictionPolicy = z.infer<typeof termFields.eviction_policy>;

/** A restriction in a request, whose values must have the form of its type. */
export const RestrictionInput = Restriction.superRefine(({ restriction_type, values }, context) => {
  values.forEach((value, at) => {
    const message = restrictionValueFault(restriction_type, value);
    if (message) context.addIssue({ code: 'custom', path: ['values', at], message });
  });
}).meta({
  id: 'RestrictionInput',
  description:
    'Values: GEOGRAPHIC countries of ISO 3166-1 (`DE`), DOMAIN `example.com` or `*.example.com`, IP_RANGE in CIDR form, ' +
    'MAC_ADDRESS, HARDWARE_ID any text, TIME_BASED `Mon-Fri 09:00-18:00 Europe/Berlin`.',
  examples: [{ restriction_type: 'GEOGRAPHIC', values: ['US', 'CA'], operator: 'ALLOW' }],
});

/** Columns of the terms, which a template defines and a license copies. */
export abstract class LicenseTerms extends VersionedRow {
  @Column('text', { name: 'license_type' })
  licenseType!: LicenseType;

  @Column('text', { name: 'license_model' })
  licenseModel!: LicenseModel;

  /** Days of one term; null: `defaultTerm` says it, or the license never expires. */
  @Column('integer', { name: 'default_duration', nullable: true })
  defaultDuration!: number | null;

  /** One term in months or years; null: `defaultDuration` says it. */
  @Column('jsonb', { name: 'default_term', nullable: true })
  defaultTerm!: Term | null;

  @Column('integer', { name: 'grace_period_days' })
  gracePeriodDays!: number;

  @Column('boolean', { name: 'auto_renewal_enabled' })
  autoRenewalEnabled!: boolean;

  /** Number of seats; null: unlimited. */
  @Column('integer', { name: 'max_activations', nullable: true })
  maxActivations!: number | null;

  @Column('text', { name: 'overage_policy' })
  overagePolicy!: OveragePolicy;

  /** Factor by which ALLOW may exceed the limit. */
  @Column('double precision', { name: 'overage_factor', nullable: true })
  overageFactor!: number | null;

  @Column('text', { name: 'eviction_policy' })
  evictionPolicy!: EvictionPolicy;

  @Column('integer', { name: 'heartbeat_interval_seconds' })
  heartbeatIntervalSeconds!: number;

  @Column('integer', { name: 'heartbeat_grace_seconds' })
  heartbeatGraceSeconds!: number;

  /** Longest validity of a license file in seconds; null: the general maximum. */
  @Column('integer', { name: 'file_ttl_max_seconds', nullable: true })
  fileTtlMaxSeconds!: number | null;

  /** Deactivations that programs may make per period; null: unlimited. */
  @Column('jsonb', { name: 'deactivations_per_period', nullable: true })
  deactivationsPerPeriod!: DeactivationLimit | null;

  /** Whether a program may replace a device where no seat is free. */
  @Column('boolean', { name: 'self_service_replacement' })
  selfServiceReplacement!: boolean;

  @Column('jsonb')
  features!: Feature[];

  @Column('jsonb')
  restrictions!: Restriction[];

  @Column('jsonb')
  pricing!: JsonObject;
}

/** Returns the length of one term; null: never expires. */
export function termOf({ defaultTerm, defaultDuration }: LicenseTerms): Term | null {
  return defaultTerm ?? (defaultDuration === null ? null : { days: defaultDuration });
}

/** Columns that a license copies from its template, without those of every row. */
export const TERM_COLUMNS = columnsOf(LicenseTerms).filter(
  ({ property }) => !columnsOf(VersionedRow).some((column) => column.property === property),
);
