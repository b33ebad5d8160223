import { z } from 'zod';
import { UtcTime } from '../shared/http/schema.js';
import { LicenseModel, LicenseType } from '../templates/index.js';
import { type License, LicenseStatus, maxActivationsOf } from '../licensing/index.js';
import { NextStep } from '../shared/http/next-action.js';
import { ActivationResponse, toActivationResponse } from '../activations/index.js';
import { Entitlement, toEntitlements } from '../usage/index.js';
import type { ValidateRequest } from './validation.requests.js';
import {
  FAILURE_CODES,
  keyWarnings,
  nextAfter,
  SUCCESS_CODES,
  type SuccessCode,
  toReasonResponse,
  type ValidationReason,
  WARNING_CODES,
} from './validation-codes.js';
import type { Evidence } from './evaluation.js';

const FailureCode = z.enum(FAILURE_CODES).meta({ id: 'ValidationFailureCode' });
const ValidationCode = z
  .enum([...SUCCESS_CODES, ...FAILURE_CODES])
  .meta({ id: 'ValidationCode', description: 'The code of the first reason, or VALID or IN_GRACE.' });

/** The fields of a license that its program may see. */
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
    starts_at: UtcTime.nullable().meta({ description: 'Start of the license. Null: its first activation.' }),
    expiry_date: UtcTime.nullable(),
    grace_ends_at: UtcTime.nullable(),
    maintenance_expiry: UtcTime.nullable(),
    max_activations: z.int().nullable(),
    current_activations: z.int(),
  })
  .meta({ id: 'ClientLicense', description: 'The license as a program sees it.' });
export type ClientLicense = z.infer<typeof ClientLicense>;

const ValidationReasonResponse = z
  .object({ code: FailureCode, detail: z.string(), next: NextStep })
  .meta({ id: 'ValidationReason', description: 'One cause why the validation failed.' });

/** Facts that do not change the result but need somebody's attention. */
export const warningsField = z
  .array(
    z
      .object({
        code: z.enum(WARNING_CODES).meta({ id: 'WarningCode' }),
        detail: z.string(),
        next: NextStep,
      })
      .meta({ id: 'Warning', description: 'A fact that does not change the result.' }),
  )
  .meta({ description: 'KEY_ROTATED: another license key replaced this one, which works for a while.' });

export const ValidateResponse = z
  .object({
    valid: z.boolean(),
    code: ValidationCode,
    detail: z.string(),
    next: NextStep,
    reasons: z
      .array(ValidationReasonResponse)
      .meta({ description: 'Every failure, in the order of docs/validation-codes.md.' }),
    warnings: warningsField,
    license: ClientLicense.nullable().meta({ description: 'Null for NOT_FOUND and KEY_REPLACED.' }),
    activation: ActivationResponse.optional().meta({ description: 'Latest activation of the device.' }),
    entitlements: z.array(Entitlement),
    server_time: UtcTime,
    nonce: z.string().optional(),
    proof: z.string().nullable().optional().meta({
      description:
        'The signed result, only with `signed: true`; see docs/license-file.md. Null for NOT_FOUND and KEY_REPLACED, and until the tenant has an active signing key.',
    }),
  })
  .meta({ id: 'ValidateResponse', description: 'The result of the validation.' });
export type ValidateResponse = z.infer<typeof ValidateResponse>;

const NOT_FOUND = toReasonResponse({ code: 'NOT_FOUND', detail: 'There is no license with this key.' });
const KEY_REPLACED = toReasonResponse({
  code: 'KEY_REPLACED',
  detail: 'Another license key replaced this one. Enter the new license key.',
});

/** Returns the response to an unknown license key. No vendor is known, so no signing key can sign a proof. */
export function toNotFoundResponse(now: Date, request: ValidateRequest): ValidateResponse {
  return withoutLicense(NOT_FOUND, now, request);
}

/** Returns the response to a replaced license key, which says nothing about the license: a former owner may have the key. */
export function toKeyReplacedResponse(now: Date, request: ValidateRequest): ValidateResponse {
  return withoutLicense(KEY_REPLACED, now, request);
}

function withoutLicense(
  reason: ReturnType<typeof toReasonResponse>,
  now: Date,
  { nonce, signed }: ValidateRequest,
): ValidateResponse {
  return {
    valid: false,
    ...reason,
    reasons: [reason],
    warnings: [],
    license: null,
    entitlements: [],
    server_time: now.toISOString(),
    ...(nonce !== undefined && { nonce }),
    ...(signed && { proof: null }),
  };
}

export function toValidateResponse(
  evidence: Evidence,
  reasons: readonly ValidationReason[],
  nonce: string | undefined,
): ValidateResponse {
  const { license, activation, usage, context } = evidence;
  const { now } = context;
  return {
    ...verdict(license, reasons, now),
    reasons: reasons.map(toReasonResponse),
    warnings: keyWarnings(evidence),
    license: toClientLicense(license, now),
    ...(activation && { activation: toActivationResponse(activation, now) }),
    entitlements: toEntitlements(license, usage, now),
    server_time: now.toISOString(),
    ...(nonce !== undefined && { nonce }),
  };
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
    starts_at: license.startOf?.toISOString() ?? null,
    expiry_date: license.expiryAt(now)?.toISOString() ?? null,
    grace_ends_at: license.graceEndsAt(now)?.toISOString() ?? null,
    maintenance_expiry: license.maintenanceExpiryAt(now)?.toISOString() ?? null,
    max_activations: maxActivationsOf(license),
    current_activations: license.currentActivations,
  };
}
