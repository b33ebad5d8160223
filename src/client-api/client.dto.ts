import { z } from 'zod';
import { ActivationResponse, deviceFields, Fingerprint, toActivationResponse } from '../activations/index.js';
import { maxActivationsOf, type License } from '../licensing/index.js';
import { checkOutFields } from '../offline/index.js';
import { NextStep } from '../shared/http/next-action.js';
import { ResourceId, text, Timestamp, UtcTime } from '../shared/http/schema.js';
import { LicenseModel, LicenseType, MAC_ADDRESS } from '../templates/index.js';
import { FAILURE_CODES, nextAfter, SUCCESS_CODES, toReasonResponse, type Reason, type SuccessCode } from './codes.js';
import { entitlementOf } from './entitlement.js';
import type { Evidence } from './evaluation.js';

const MAX_KEY = 1_000;

/** Any text, since a malformed key is answered like one that nobody has. */
const license_key = z
  .string()
  .max(MAX_KEY)
  .meta({
    description: 'Case, spaces and dashes do not count.',
    examples: ['A1B2-C3D4-E5F6-0718-293A'],
  });

/** Where a program says it runs, for restrictions; address and country are those of the request. */
const placeFields = {
  domain: text(255).optional().meta({ description: 'The domain it serves or runs at.' }),
  mac: z
    .string()
    .regex(MAC_ADDRESS, 'must be a MAC address')
    .optional()
    .meta({ examples: ['00:1B:44:11:3A:B7'] }),
  hardware_id: text(255).optional(),
};

const features = z.array(text(100)).max(200).optional();

const questionFields = {
  fingerprint: Fingerprint.optional(),
  product_id: ResourceId.optional(),
  version: text(100).optional().meta({ description: 'Of your program. Not judged: see released_at.' }),
  released_at: Timestamp.optional().meta({
    description: 'When this version of your program was released: covered up to the end of maintenance.',
  }),
  features: features.meta({ description: 'Ids of the features that are needed.' }),
  client_time: Timestamp.optional().meta({ description: 'The clock of the device; off by 5 minutes at most.' }),
  nonce: text(255).optional().meta({ description: 'Comes back, so that an answer belongs to its question.' }),
  ...placeFields,
};

const signed = z.boolean().optional().meta({
  description: 'Also sign the answer, so that the program can keep it and go by it while it does not reach the server.',
});

export const ValidateRequest = z.strictObject({ license_key, ...questionFields, signed }).meta({
  id: 'ValidateRequest',
  examples: [{ license_key: 'A1B2-C3D4-E5F6-0718-293A', fingerprint: '5f2d9c1e7ab04c3f' }],
});
export type ValidateRequest = z.infer<typeof ValidateRequest>;

export const ExplainRequest = z
  .strictObject({
    ...questionFields,
    ip: z.union([z.ipv4(), z.ipv6()]).optional(),
    country: z
      .string()
      .regex(/^[A-Z]{2}$/, 'must be a country of ISO 3166-1 in two capital letters')
      .optional(),
    as_of: Timestamp.optional().meta({
      description: 'What would have been answered then, from the history. Needs the permission events:read too.',
    }),
  })
  .meta({ id: 'ExplainRequest', examples: [{ fingerprint: '5f2d9c1e7ab04c3f', country: 'DE', ip: '203.0.113.7' }] });
export type ExplainRequest = z.infer<typeof ExplainRequest>;

export const ClientActivateRequest = z
  .strictObject({ license_key, ...deviceFields, product_id: ResourceId.optional(), ...placeFields })
  .meta({
    id: 'ClientActivateRequest',
    examples: [{ license_key: 'A1B2-C3D4-E5F6-0718-293A', fingerprint: '5f2d9c1e7ab04c3f', name: 'Front desk' }],
  });
export type ClientActivateRequest = z.infer<typeof ClientActivateRequest>;

export const ClientCheckOutRequest = z
  .strictObject({ license_key, ...checkOutFields, product_id: ResourceId.optional(), ...placeFields })
  .meta({
    id: 'ClientCheckOutRequest',
    examples: [{ license_key: 'A1B2-C3D4-E5F6-0718-293A', fingerprint: '5f2d9c1e7ab04c3f', ttl_seconds: 604_800 }],
  });
export type ClientCheckOutRequest = z.infer<typeof ClientCheckOutRequest>;

export const DeviceRequest = z.strictObject({ license_key, fingerprint: Fingerprint }).meta({
  id: 'DeviceRequest',
  examples: [{ license_key: 'A1B2-C3D4-E5F6-0718-293A', fingerprint: '5f2d9c1e7ab04c3f' }],
});
export type DeviceRequest = z.infer<typeof DeviceRequest>;

export const EntitlementsRequest = z
  .strictObject({ license_key, features })
  .meta({ id: 'EntitlementsRequest', examples: [{ license_key: 'A1B2-C3D4-E5F6-0718-293A' }] });

export type EntitlementsRequest = z.infer<typeof EntitlementsRequest>;

export const UsageRequest = z
  .strictObject({
    license_key,
    feature_id: text(100),
    amount: z.int().min(1).meta({ description: 'In what the limit of the feature is counted in.' }),
  })
  .meta({
    id: 'UsageRequest',
    examples: [{ license_key: 'A1B2-C3D4-E5F6-0718-293A', feature_id: 'exports', amount: 1 }],
  });
export type UsageRequest = z.infer<typeof UsageRequest>;

export const Entitlement = z
  .object({
    feature_id: z.string(),
    feature_name: z.string(),
    available: z.boolean().meta({ description: 'Enabled and not expired.' }),
    enabled: z.boolean(),
    expires_at: UtcTime.nullable(),
    limit_type: z.enum(['COUNT', 'SIZE', 'DURATION', 'BANDWIDTH']).nullable(),
    limit_value: z.int().nullable(),
    reset_period: z.enum(['DAY', 'MONTH', 'YEAR']).nullable(),
    used: z.int(),
    remaining: z.int().nullable(),
    resets_at: UtcTime.nullable(),
  })
  .meta({ id: 'Entitlement' });
export type Entitlement = z.infer<typeof Entitlement>;

export const Entitlements = z
  .object({ license_id: z.uuid(), entitlements: z.array(Entitlement), server_time: UtcTime })
  .meta({ id: 'Entitlements' });
export type Entitlements = z.infer<typeof Entitlements>;

/** What a program may know of its license. */
export const ClientLicense = z
  .object({
    license_id: z.uuid(),
    product_id: z.string(),
    product_name: z.string().meta({ description: '`License for {template_name}`; see product_display_name.' }),
    product_display_name: z.string().meta({ description: "The product's own name, as it is now." }),
    license_type: LicenseType,
    license_model: LicenseModel,
    status: z.enum(['ACTIVE', 'INACTIVE', 'EXPIRED', 'SUSPENDED', 'REVOKED', 'PENDING']),
    trial: z.boolean(),
    issued_to: z.string(),
    issued_date: UtcTime,
    expiry_date: UtcTime.nullable(),
    grace_ends_at: UtcTime.nullable(),
    maintenance_expiry: UtcTime.nullable(),
    max_activations: z.int().nullable(),
    current_activations: z.int(),
  })
  .meta({ id: 'ClientLicense' });
export type ClientLicense = z.infer<typeof ClientLicense>;

export const ValidationReason = z
  .object({ code: z.enum(FAILURE_CODES), detail: z.string(), next: NextStep })
  .meta({ id: 'ValidationReason' });

export const ValidateResponse = z
  .object({
    valid: z.boolean(),
    code: z.enum([...SUCCESS_CODES, ...FAILURE_CODES]).meta({ description: 'The first reason, or VALID or IN_GRACE.' }),
    detail: z.string(),
    next: NextStep,
    reasons: z.array(ValidationReason).meta({ description: 'Every reason why not, in the documented order.' }),
    license: ClientLicense.nullable().meta({ description: 'null where there is none with this key.' }),
    activation: ActivationResponse.optional().meta({ description: 'The latest of the device that asked.' }),
    entitlements: z.array(Entitlement),
    server_time: UtcTime,
    nonce: z.string().optional(),
    proof: z.string().nullable().optional().meta({
      description:
        'Where `signed` was asked for: the signed answer, see docs/license-file.md. null with NOT_FOUND, which no vendor can sign, and until the vendor’s first signing key is active, which this request sees to.',
    }),
  })
  .meta({ id: 'ValidateResponse' });
export type ValidateResponse = z.infer<typeof ValidateResponse>;

export const UsageResponse = z.object({ license_id: z.uuid(), entitlement: Entitlement }).meta({ id: 'Usage' });
export type UsageResponse = z.infer<typeof UsageResponse>;

const NOT_FOUND = toReasonResponse({ code: 'NOT_FOUND', detail: 'There is no license with this key.' });

/** The one answer about a key that is not known. There is no vendor whose key could sign it. */
export function toUnknownResponse(now: Date, { nonce, signed }: ValidateRequest): ValidateResponse {
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
  reasons: readonly Reason[],
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

function verdict(license: License, [first]: readonly Reason[], now: Date) {
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
