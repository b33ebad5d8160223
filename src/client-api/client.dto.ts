import { z } from 'zod';
import { ActivationResponse, deviceFields, Fingerprint, toActivationResponse } from '../activations/index.js';
import { LicenseStatus, maxActivationsOf, type License } from '../licensing/index.js';
import { checkOutFields } from '../offline/index.js';
import { EXAMPLES } from '../shared/examples.js';
import { NextStep } from '../shared/http/next-action.js';
import { ResourceId, text, Timestamp, UtcTime } from '../shared/http/schema.js';
import { LicenseModel, LicenseType, LimitType, MAC_ADDRESS, ResetPeriod } from '../templates/index.js';
import {
  FAILURE_CODES,
  nextAfter,
  SUCCESS_CODES,
  toReasonResponse,
  type ValidationReason,
  type SuccessCode,
} from './validation-codes.js';
import { entitlementOf } from './entitlement.js';
import type { Evidence } from './evaluation.js';

const MAX_KEY = 1_000;

/** Any text, since a malformed key is answered like one that nobody has. */
const license_key = z
  .string()
  .max(MAX_KEY)
  .meta({
    description: 'Case, spaces and dashes are ignored.',
    examples: [EXAMPLES.licenseKey],
  });

/** Where a program says it runs, for restrictions; address and country are those of the request. */
const declaredEnvironmentFields = {
  domain: text(255).optional().meta({ description: 'Domain that the program serves or runs at.' }),
  mac: z
    .string()
    .regex(MAC_ADDRESS, 'must be a MAC address')
    .optional()
    .meta({ examples: ['00:1B:44:11:3A:B7'] }),
  hardware_id: text(255).optional(),
};

const features = z.array(text(100)).max(200).optional();

const evaluationFields = {
  fingerprint: Fingerprint.optional(),
  product_id: ResourceId.optional(),
  version: text(100).optional().meta({ description: 'Version of your program. Informational; see `released_at`.' }),
  released_at: Timestamp.optional().meta({
    description: 'Release time of your program; must be within maintenance.',
  }),
  features: features.meta({ description: 'Ids of the features that the program needs.' }),
  client_time: Timestamp.optional().meta({ description: 'Device clock; at most 5 minutes off.' }),
  nonce: text(255).optional().meta({ description: 'Returned unchanged, to match response and request.' }),
  ...declaredEnvironmentFields,
};

const signed = z.boolean().optional().meta({
  description: 'Also return a signed `proof` that the program may cache for offline use.',
});

export const ValidateRequest = z.strictObject({ license_key, ...evaluationFields, signed }).meta({
  id: 'ValidateRequest',
  examples: [{ license_key: EXAMPLES.licenseKey, fingerprint: EXAMPLES.fingerprint }],
});
export type ValidateRequest = z.infer<typeof ValidateRequest>;

export const ExplainRequest = z
  .strictObject({
    ...evaluationFields,
    ip: z.union([z.ipv4(), z.ipv6()]).optional(),
    country: z
      .string()
      .regex(/^[A-Z]{2}$/, 'must be a country of ISO 3166-1 in two capital letters')
      .optional(),
    as_of: Timestamp.optional().meta({
      description: 'Explain the result at this past time, from the event log. Also requires `events:read`.',
    }),
  })
  .meta({ id: 'ExplainRequest', examples: [{ fingerprint: EXAMPLES.fingerprint, country: 'DE', ip: '203.0.113.7' }] });
export type ExplainRequest = z.infer<typeof ExplainRequest>;

export const ClientActivateRequest = z
  .strictObject({ license_key, ...deviceFields, product_id: ResourceId.optional(), ...declaredEnvironmentFields })
  .meta({
    id: 'ClientActivateRequest',
    examples: [{ license_key: EXAMPLES.licenseKey, fingerprint: EXAMPLES.fingerprint, name: 'Front desk' }],
  });
export type ClientActivateRequest = z.infer<typeof ClientActivateRequest>;

export const ClientCheckOutRequest = z
  .strictObject({ license_key, ...checkOutFields, product_id: ResourceId.optional(), ...declaredEnvironmentFields })
  .meta({
    id: 'ClientCheckOutRequest',
    examples: [{ license_key: EXAMPLES.licenseKey, fingerprint: EXAMPLES.fingerprint, ttl_seconds: 604_800 }],
  });
export type ClientCheckOutRequest = z.infer<typeof ClientCheckOutRequest>;

export const DeviceRequest = z.strictObject({ license_key, fingerprint: Fingerprint }).meta({
  id: 'DeviceRequest',
  examples: [{ license_key: EXAMPLES.licenseKey, fingerprint: EXAMPLES.fingerprint }],
});
export type DeviceRequest = z.infer<typeof DeviceRequest>;

export const EntitlementsRequest = z
  .strictObject({ license_key, features })
  .meta({ id: 'EntitlementsRequest', examples: [{ license_key: EXAMPLES.licenseKey }] });

export type EntitlementsRequest = z.infer<typeof EntitlementsRequest>;

export const UsageRequest = z
  .strictObject({
    license_key,
    feature_id: text(100),
    amount: z.int().min(1).meta({ description: "Amount in the unit of the feature's limit." }),
  })
  .meta({
    id: 'UsageRequest',
    examples: [{ license_key: EXAMPLES.licenseKey, feature_id: EXAMPLES.featureId, amount: 1 }],
  });
export type UsageRequest = z.infer<typeof UsageRequest>;

export const Entitlement = z
  .object({
    feature_id: z.string(),
    feature_name: z.string(),
    available: z.boolean().meta({ description: 'Enabled and not expired.' }),
    enabled: z.boolean(),
    expires_at: UtcTime.nullable(),
    limit_type: LimitType.nullable(),
    limit_value: z.int().nullable(),
    reset_period: ResetPeriod.nullable(),
    used: z.int().meta({ description: 'Usage in the current period.' }),
    remaining: z.int().nullable().meta({ description: 'Null: unlimited.' }),
    resets_at: UtcTime.nullable().meta({ description: 'Start of the next usage period. Null: never reset.' }),
  })
  .meta({ id: 'Entitlement', description: 'A feature with its availability and usage.' });
export type Entitlement = z.infer<typeof Entitlement>;

export const Entitlements = z
  .object({ license_id: z.uuid(), entitlements: z.array(Entitlement), server_time: UtcTime })
  .meta({ id: 'Entitlements', description: 'The entitlements of the license.' });
export type Entitlements = z.infer<typeof Entitlements>;

/** What a program may know of its license. */
export const ClientLicense = z
  .object({
    license_id: z.uuid(),
    product_id: z.string(),
    product_name: z.string().meta({ description: '`License for {template_name}`.' }),
    product_display_name: z.string().meta({ description: 'Current name of the product.' }),
    license_type: LicenseType,
    license_model: LicenseModel,
    status: LicenseStatus,
    trial: z.boolean(),
    issued_to: z.string(),
    issued_date: UtcTime,
    expiry_date: UtcTime.nullable(),
    grace_ends_at: UtcTime.nullable(),
    maintenance_expiry: UtcTime.nullable(),
    max_activations: z.int().nullable(),
    current_activations: z.int(),
  })
  .meta({ id: 'ClientLicense', description: 'The license as a program sees it.' });
export type ClientLicense = z.infer<typeof ClientLicense>;

const FailureCode = z.enum(FAILURE_CODES).meta({ id: 'ValidationFailureCode' });
const ValidationCode = z
  .enum([...SUCCESS_CODES, ...FAILURE_CODES])
  .meta({ id: 'ValidationCode', description: 'The code of the first reason, or VALID or IN_GRACE.' });

export const ValidationReasonResponse = z
  .object({ code: FailureCode, detail: z.string(), next: NextStep })
  .meta({ id: 'ValidationReason', description: 'One cause why the validation failed.' });

export const ValidateResponse = z
  .object({
    valid: z.boolean(),
    code: ValidationCode,
    detail: z.string(),
    next: NextStep,
    reasons: z
      .array(ValidationReasonResponse)
      .meta({ description: 'Every failure, in the order of docs/validation-codes.md.' }),
    license: ClientLicense.nullable().meta({ description: 'Null if no license has this key.' }),
    activation: ActivationResponse.optional().meta({ description: 'Latest activation of the device.' }),
    entitlements: z.array(Entitlement),
    server_time: UtcTime,
    nonce: z.string().optional(),
    proof: z.string().nullable().optional().meta({
      description:
        'The signed result, only with `signed: true`; see docs/license-file.md. Null for NOT_FOUND, and until the tenant has an active signing key.',
    }),
  })
  .meta({ id: 'ValidateResponse', description: 'The result of the validation.' });
export type ValidateResponse = z.infer<typeof ValidateResponse>;

export const UsageResponse = z
  .object({ license_id: z.uuid(), entitlement: Entitlement })
  .meta({ id: 'FeatureUsage', description: 'The entitlement after the change.' });
export type UsageResponse = z.infer<typeof UsageResponse>;

const NOT_FOUND = toReasonResponse({ code: 'NOT_FOUND', detail: 'There is no license with this key.' });

/** The one answer about a key that is not known. There is no vendor whose key could sign it. */
export function toNotFoundResponse(now: Date, { nonce, signed }: ValidateRequest): ValidateResponse {
  return {
    valid: false,
    ...NOT_FOUND,
    reasons: [NOT_FOUND],
    license: null,
    entitlements: [],
    server_time: now.toISOString(),
    ...(nonce !== undefined && { nonce }),
    ...(signed && { proof: null }),
  };
}

export function toValidateResponse(
  { license, activation, usage, surroundings: { now } }: Evidence,
  reasons: readonly ValidationReason[],
  nonce: string | undefined,
): ValidateResponse {
  return {
    ...verdict(license, reasons, now),
    reasons: reasons.map(toReasonResponse),
    license: toClientLicense(license, now),
    ...(activation && { activation: toActivationResponse(activation, now) }),
    entitlements: toEntitlements(license, usage, now),
    server_time: now.toISOString(),
    ...(nonce !== undefined && { nonce }),
  };
}

export function toEntitlements(license: License, usage: ReadonlyMap<string, number>, now: Date): Entitlement[] {
  return license.features.map((feature) => entitlementOf(feature, usage.get(feature.feature_id) ?? 0, now));
}

function verdict(license: License, [first]: readonly ValidationReason[], now: Date) {
  if (first) return { valid: false, ...toReasonResponse(first) };
  const succeed = (code: SuccessCode, detail: string) => ({ valid: true, code, detail, next: nextAfter(code) });
  if (!license.isInGrace(now)) return succeed('VALID', 'The license is valid.');
  const until = license.graceEndsAt(now)?.toISOString() ?? '';
  return succeed('IN_GRACE', `The license has expired and may be used until ${until}.`);
}

function toClientLicense(license: License, now: Date): ClientLicense {
  return {
    license_id: license.licenseId,
    product_id: license.productId,
    product_name: license.productName,
    product_display_name: license.productDisplayName ?? license.productName,
    license_type: license.licenseType,
    license_model: license.licenseModel,
    status: license.statusAt(now),
    trial: license.trial,
    issued_to: license.issuedTo,
    issued_date: license.issuedDate.toISOString(),
    expiry_date: license.expiryAt(now)?.toISOString() ?? null,
    grace_ends_at: license.graceEndsAt(now)?.toISOString() ?? null,
    maintenance_expiry: license.maintenanceExpiryAt(now)?.toISOString() ?? null,
    max_activations: maxActivationsOf(license),
    current_activations: license.currentActivations,
  };
}
