import type { UnsignedDocument } from '../signing/index.js';
import type { ValidateRequest } from './validation.requests.js';
import { FEATURE_CODES } from './validation-codes.js';
import type { Evidence } from './evaluation.js';
import type { ValidateResponse } from './validation.response.js';

const DAY_MS = 24 * 60 * 60 * 1000;
/** Time until a program should validate again, and the additional time in which it may run offline. */
export const PROOF_TTL_MS = DAY_MS;
export const PROOF_GRACE_MS = 2 * DAY_MS;

/** Returns the request and its result as an unsigned document; see docs/license-file.md. */
export function toProofDocument(
  request: ValidateRequest,
  response: ValidateResponse,
  evidence: Evidence,
): Omit<UnsignedDocument, 'tenantId'> {
  const { license, activation } = evidence;
  const { issuedAt, refreshAt, expiresAt } = proofValidity(response, evidence);
  const content = {
    valid: response.valid,
    code: response.code,
    reasons: response.reasons.map((reason) => ({ ...reason })),
    ...(response.warnings.length > 0 && { warnings: response.warnings.map((warning) => ({ ...warning })) }),
    license_id: license.licenseId,
    product_id: license.productId,
    device: request.fingerprint === undefined ? null : { fingerprint: request.fingerprint },
    activation: activation
      ? {
          activation_id: activation.activationId,
          status: activation.statusAt(issuedAt),
          lease_expires_at: activation.leaseExpiresAt?.toISOString() ?? null,
        }
      : null,
    entitlements: response.entitlements.map((entitlement) => ({ ...entitlement })),
    question: requestContent(request),
    nonce: request.nonce ?? null,
    refresh_at: refreshAt.toISOString(),
  };
  return { type: 'validation', issuedAt, expiresAt, content };
}

/** Returns the validity: a proof ends with the license (or its grace period), the lease, and the license key if another one replaced it. A denial is valid at its issue time only. */
function proofValidity({ reasons }: ValidateResponse, evidence: Evidence) {
  const {
    license,
    activation,
    keyValidUntil,
    context: { now },
  } = evidence;
  const isCacheable = reasons.every(({ code }) => FEATURE_CODES.includes(code));
  if (!isCacheable) return { issuedAt: now, refreshAt: now, expiresAt: now };
  const seat = activation?.statusAt(now) === 'ACTIVE' ? activation.leaseExpiresAt : null;
  const term = license.isInGrace(now) ? license.graceEndsAt(now) : license.expiryAt(now);
  const ends = [term, seat, keyValidUntil].flatMap((end) => end ?? []);
  const until = (ms: number) => new Date(Math.min(now.getTime() + ms, ...ends.map((end) => end.getTime())));
  return { issuedAt: now, refreshAt: until(PROOF_TTL_MS), expiresAt: until(PROOF_TTL_MS + PROOF_GRACE_MS) };
}

/** Returns the request fields that are set and stand nowhere else in the document. */
function requestContent(request: ValidateRequest) {
  const { product_id, version, released_at, features, client_time, domain, mac, hardware_id } = request;
  return {
    ...(product_id !== undefined && { product_id }),
    ...(version !== undefined && { version }),
    ...(released_at !== undefined && { released_at }),
    ...(features !== undefined && { features }),
    ...(client_time !== undefined && { client_time }),
    ...(domain !== undefined && { domain }),
    ...(mac !== undefined && { mac }),
    ...(hardware_id !== undefined && { hardware_id }),
  };
}
