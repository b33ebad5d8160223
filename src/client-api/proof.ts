import type { UnsignedDocument } from '../signing/index.js';
import type { ValidateRequest } from './client.requests.js';
import { FEATURE_CODES } from './validation-codes.js';
import type { Evidence } from './evaluation.js';
import type { ValidateResponse } from './client.response.js';

const DAY_MS = 24 * 60 * 60 * 1000;
/** For how long a program may go by an answer without asking again, and for how long after that where it cannot ask. */
export const ANSWER_TTL_MS = DAY_MS;
export const ANSWER_GRACE_MS = 2 * DAY_MS;

/** The answer, and what it answers, as a document to be signed; see docs/license-file.md. */
export function toProofDocument(
  question: ValidateRequest,
  answer: ValidateResponse,
  evidence: Evidence,
): Omit<UnsignedDocument, 'tenantId'> {
  const { license, activation } = evidence;
  const { issuedAt, refreshAt, expiresAt } = proofValidity(answer, evidence);
  const content = {
    valid: answer.valid,
    code: answer.code,
    reasons: answer.reasons.map((reason) => ({ ...reason })),
    license_id: license.licenseId,
    product_id: license.productId,
    device: question.fingerprint === undefined ? null : { fingerprint: question.fingerprint },
    activation: activation
      ? {
          activation_id: activation.activationId,
          status: activation.statusAt(issuedAt),
          lease_expires_at: activation.leaseExpiresAt?.toISOString() ?? null,
        }
      : null,
    entitlements: answer.entitlements.map((entitlement) => ({ ...entitlement })),
    question: requestContent(question),
    nonce: question.nonce ?? null,
    refresh_at: refreshAt.toISOString(),
  };
  return { type: 'validation', issuedAt, expiresAt, content };
}

/** It ends with the license, or its grace where it is in it, and with the seat. A no is good for nobody but who asked. */
function proofValidity({ reasons }: ValidateResponse, { license, activation, surroundings: { now } }: Evidence) {
  const lasts = reasons.every(({ code }) => FEATURE_CODES.includes(code));
  if (!lasts) return { issuedAt: now, refreshAt: now, expiresAt: now };
  const seat = activation?.statusAt(now) === 'ACTIVE' ? activation.leaseExpiresAt : null;
  const ends = [license.isInGrace(now) ? license.graceEndsAt(now) : license.expiryAt(now), seat].flatMap(
    (end) => end ?? [],
  );
  const until = (ms: number) => new Date(Math.min(now.getTime() + ms, ...ends.map((end) => end.getTime())));
  return { issuedAt: now, refreshAt: until(ANSWER_TTL_MS), expiresAt: until(ANSWER_TTL_MS + ANSWER_GRACE_MS) };
}

/** All that was asked, but what stands elsewhere in the document or says nothing. */
function requestContent(question: ValidateRequest) {
  const { product_id, version, released_at, features, client_time, domain, mac, hardware_id } = question;
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
