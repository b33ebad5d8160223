// Requests of programs, which have a license key and no API key, over the licenses of one use in turn.
import { METERED_FEATURE } from './cluster.mjs';
import { tenantOfPrograms } from './devices.mjs';
import { headersOf } from './requests.mjs';

const DEVICE = 'device-1';
const JSON_TYPE = { 'content-type': 'application/json' };
let sent = 0;

export function validate(contender, { fingerprint = DEVICE, use = 'validate', ...more } = {}) {
  return send(contender, use, 'validate', { fingerprint, ...more });
}

export function activateNew(contender, { use = 'activate' } = {}) {
  return send(contender, use, 'activate', { fingerprint: `new-${process.pid}-${sent}` });
}

export function activateAgain(contender) {
  return send(contender, 'activate', 'activate', { fingerprint: DEVICE });
}

export function heartbeat(contender) {
  return send(contender, 'heartbeat', 'heartbeat', { fingerprint: DEVICE });
}

export function consumeUsage(contender) {
  return send(contender, 'usage', 'usage/consume', { feature_id: METERED_FEATURE, amount: 1 });
}

export function checkOut(contender) {
  return send(contender, 'checkOut', 'check-out', { fingerprint: DEVICE });
}

/** Of the vendor, about a license that has a device. */
export function getWithDevice(contender) {
  const { id } = next(contender.licenses.validate);
  return { method: 'GET', path: `/v1/licenses/${id}`, headers: headersOf(tenantOfPrograms(contender)) };
}

/** Better Auth's verification of an API key. */
export function verify({ keys }) {
  return { method: 'POST', path: '/verify', headers: { ...JSON_TYPE }, body: JSON.stringify({ key: next(keys) }) };
}

function send({ licenses }, use, action, fields) {
  const body = JSON.stringify({ license_key: next(licenses[use]).key, ...fields });
  return { method: 'POST', path: `/v1/client/${action}`, headers: { ...JSON_TYPE }, body };
}

function next(list) {
  return list[sent++ % list.length];
}
