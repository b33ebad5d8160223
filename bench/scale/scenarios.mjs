// Requests to a large database, of its greatest tenant unless said. Lists are read at their head and nine tenths down.
import { activateNew, validate } from '../client-requests.mjs';
import { addLicenseKeys } from './license-keys.mjs';
import { get, headersOf, issue } from '../requests.mjs';

const DAY_MS = 86_400_000;
const LICENSES = '/v1/licenses';
const EVENTS = '/v1/license-events';
const BY_NAME = ['issued_to', 'ASC', 'issued_to_lower COLLATE "C"'];
const BOTH = ['ours', 'floor'];
const OURS = ['ours'];
const LICENSES_OF_PROGRAMS = 2_000;

/** Every filter of the list that an index serves, with the same condition as SQL to find the place nine tenths down. */
function licenseFilters({ customerId, name }) {
  const soon = [new Date(), new Date(Date.now() + 30 * DAY_MS)].map((time) => time.toISOString());
  return [
    { name: 'no filter', query: {}, where: 'true', limit: 100, who: BOTH },
    { name: 'customer_id', query: { customer_id: customerId } },
    { name: 'product_id', query: { product_id: 'p-1' }, where: `product_id = 'p-1'` },
    { name: 'template_id', query: { template_id: 't-1' }, where: `template_id = 't-1'` },
    {
      name: 'expires in 30 days',
      query: { expires_from: soon[0], expires_before: soon[1] },
      where: `expiry_date >= '${soon[0]}' AND expiry_date < '${soon[1]}'`,
      order: ['expiry_date', 'ASC'],
    },
    { name: 'q, a name', query: { q: name } },
    { name: 'q, one letter', query: { q: 'a' }, where: `issued_to_lower LIKE 'a%'`, order: BY_NAME },
  ];
}

function eventReads({ licenseId, lastSeq, before }) {
  const deep = { cursor: String(Math.floor(lastSeq * 0.9)) };
  const type = { event_type: 'license.created' };
  return [
    { name: 'newest', query: { order: 'desc' } },
    { name: 'nine tenths down', query: deep },
    { name: 'of a license', query: { license_id: licenseId } },
    { name: 'of a resource', query: { resource_type: 'license', resource_id: licenseId } },
    { name: 'of a type, nine tenths down', query: { ...type, ...deep } },
    { name: 'before a time', query: { created_before: before } },
  ];
}

const REPORTS = [
  ['overview', { by: 'template' }],
  ['expirations', { days: '365' }],
  ['activity', {}],
  ['utilisation', {}],
  ['peaks', {}],
  ['denials', { by: 'day' }],
  ['denials', { by: 'product' }],
  ['compliance', { finding: 'OVER_USED' }],
  ['compliance', { finding: 'DEVICES_WITHOUT_LICENSE' }],
  ['compliance', { finding: 'EXPIRED_STILL_ASKING' }],
];

/** Each with who is asked, the request of a contender, and how dear 1,000 times the rows may make it. */
export async function scaleScenarios(cluster) {
  const facts = await factsOf(cluster);
  const reads = [];
  for (const { name, query, where, order, limit = 20, who = OURS } of licenseFilters(facts)) {
    reads.push(read(`list, ${name}`, who, LICENSES, { ...query, limit }));
    if (!where) continue;
    const cursor = await cursorDown(cluster, where, limit, order);
    reads.push(read(`list, ${name}, nine tenths down`, who, LICENSES, { ...query, limit, cursor }));
  }
  for (const { name, query } of eventReads(facts)) reads.push(read(`events, ${name}`, OURS, EVENTS, query));
  for (const [name, query] of REPORTS) {
    const of = Object.values(query).map((value) => `, ${value.toLowerCase().replaceAll('_', ' ')}`);
    reads.push(read(`report, ${name}${of.join('')}`, OURS, `/v1/reports/${name}`, query));
  }
  const issues = { connections: 64, who: BOTH, goal: 1.6, writes: true, countsWal: true, walGoal: 1.3 };
  const ofPrograms = { connections: 8, who: BOTH, goal: 1.25 };
  return {
    ids: facts.ids,
    licenses: await addLicenseKeys(cluster, facts.ids.slice(0, LICENSES_OF_PROGRAMS)),
    scenarios: [
      { name: 'issue, 1,000 tenants', ...issues, request: (to) => issue(to, { ofAllTenants: true }) },
      { name: 'issue, greatest tenant', ...issues, request: (to) => issue(to) },
      { name: 'get by id', connections: 8, who: BOTH, goal: 1.25, request: get },
      { name: 'validate', ...ofPrograms, expects: '"valid":true', request: (to) => validate(to) },
      { name: 'activate, new device', ...ofPrograms, writes: true, request: (to) => activateNew(to) },
      ...reads,
    ],
  };
}

function read(name, who, path, query) {
  const url = `${path}?${new URLSearchParams(query).toString()}`;
  const request = ({ cluster }) => ({ method: 'GET', path: url, headers: headersOf(cluster.tenants[0]) });
  return { name, connections: 8, who, goal: 1.25, explain: true, request };
}

async function factsOf({ monitor, tenants }) {
  const tenant = [tenants[0].id];
  const { rows } = await monitor.query(
    `SELECT license_id, customer_id, issued_to, created_at FROM licenses
     WHERE tenant_id = $1 AND product_id <> 'p' ORDER BY random() LIMIT 5000`,
    tenant,
  );
  const { rows: counters } = await monitor.query(
    'SELECT last_seq FROM license_event_counters WHERE tenant_id = $1',
    tenant,
  );
  const [{ license_id: licenseId, customer_id: customerId, issued_to: name, created_at: at }] = rows;
  const ids = rows.map(({ license_id }) => license_id);
  return { ids, licenseId, customerId, name, before: at.toISOString(), lastSeq: Number(counters[0].last_seq) };
}

/** In the form of next_cursor, and where a full page is left. */
async function cursorDown(
  { monitor, tenants },
  where,
  limit,
  [column, direction, by = column] = ['created_at', 'DESC'],
) {
  const { rows } = await monitor.query(
    `WITH matching AS MATERIALIZED (SELECT ${column} AS at, ${by} AS by, license_id FROM licenses WHERE tenant_id = $1 AND ${where})
     SELECT at, license_id FROM matching ORDER BY by ${direction}, license_id ${direction}
     OFFSET (SELECT greatest(0, least(count(*) * 9 / 10, count(*) - 1 - $2)) FROM matching) LIMIT 1`,
    [tenants[0].id, limit],
  );
  const [{ at, license_id }] = rows;
  return Buffer.from(JSON.stringify([column, at, license_id])).toString('base64url');
}
