// Requests to a contender that speaks HTTP: kinds of traffic, as requests of autocannon.
import { CUSTOMER, TEMPLATE, TRIAL_TEMPLATE } from './cluster.mjs';

export const ORDER = JSON.stringify({ license_template_id: TEMPLATE, customer_id: CUSTOMER });

/** Refused, but for the first one. */
const TRIAL = JSON.stringify({ license_template_id: TRIAL_TEMPLATE, customer_id: CUSTOMER, trial: true });

export function headersOf({ id, key }) {
  return { 'x-tenant-id': id, authorization: `Bearer ${key}` };
}

/** Of 1,000 tenants the greatest gets 18 % of what comes, the ten greatest get a third, and half of them a sixth. */
export function unequal(tenants) {
  return tenants[Math.floor(tenants.length * Math.random() ** 4)];
}

let orders = 0;

/** `refusals`: one of how many orders is a trial that the customer had before. */
export function issue(contender, { ofAllTenants = false, idempotent = false, refusals = Infinity } = {}) {
  const { tenants } = contender.cluster;
  const tenant = ofAllTenants ? unequal(tenants) : tenants[0];
  const headers = { ...headersOf(tenant), 'content-type': 'application/json' };
  if (idempotent) headers['idempotency-key'] = `${process.pid}-${orders}`;
  const body = ++orders % refusals === 0 ? TRIAL : ORDER;
  return { method: 'POST', path: '/v1/licenses', headers, body };
}

export function get({ cluster, ids }) {
  const path = `/v1/licenses/${ids[Math.floor(ids.length * Math.random())]}`;
  return { method: 'GET', path, headers: headersOf(cluster.tenants[0]) };
}

export function list({ cluster }) {
  return { method: 'GET', path: '/v1/licenses?limit=100', headers: headersOf(cluster.tenants[0]) };
}
