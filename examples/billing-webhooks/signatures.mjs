// Checks that a webhook comes from the billing system. The signature covers the bytes as they arrived: a body that was parsed and written
// again has another one.
import { createHmac, timingSafeEqual } from 'node:crypto';

/** Most seconds between the signature and its arrival, and most that clocks may differ: a recorded request is worthless later. */
const TOLERANCE_S = { stripe: 300, paddle: 30 };

/** `Stripe-Signature: t=1492774577,v1=5257a8…`, several v1 while a secret is exchanged. The HMAC is over `t.body`. */
export function isSignedByStripe(body, header, secret, nowMs = Date.now()) {
  return isSigned(
    body,
    { fields: fieldsOf(header, ','), time: 't', digest: 'v1', joint: '.' },
    secret,
    nowMs,
    TOLERANCE_S.stripe,
  );
}

/** `Paddle-Signature: ts=1671552777;h1=eb4d0d…`, several h1 while a secret is exchanged. The HMAC is over `ts:body`. */
export function isSignedByPaddle(body, header, secret, nowMs = Date.now()) {
  return isSigned(
    body,
    { fields: fieldsOf(header, ';'), time: 'ts', digest: 'h1', joint: ':' },
    secret,
    nowMs,
    TOLERANCE_S.paddle,
  );
}

function isSigned(body, { fields, time, digest, joint }, secret, nowMs, toleranceS) {
  const [seconds = ''] = fields.get(time) ?? [];
  if (secret === '' || !/^\d{1,12}$/.test(seconds)) return false;
  if (Math.abs(nowMs / 1000 - Number(seconds)) > toleranceS) return false;
  const expected = createHmac('sha256', secret).update(`${seconds}${joint}`).update(body).digest();
  // Every signature is compared, each in constant time, so that the time that it takes tells nothing of the expected one.
  return (fields.get(digest) ?? []).map((given) => isEqual(given, expected)).includes(true);
}

function isEqual(hex, expected) {
  const given = Buffer.from(hex, 'hex');
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** Values by name; a name may occur several times. */
function fieldsOf(header = '', separator) {
  const fields = new Map();
  for (const part of header.split(separator)) {
    const [name, value = ''] = part.trim().split('=', 2);
    fields.set(name, [...(fields.get(name) ?? []), value]);
  }
  return fields;
}
