// Scenarios of staff: what support and product people read and change, beside the reads and changes that cost least. Ours beside itself.
import { DEVICE_TEMPLATE } from './cluster.mjs';
import { issueMany, prepareDevices, send, tenantOfPrograms } from './devices.mjs';
import { lane } from './lanes.mjs';
import { getWithDevice } from './client-requests.mjs';
import { headersOf } from './requests.mjs';

const REASON = { code: 'OTHER' };
const GET = 'get by id';
const SUSPEND = 'suspend, reinstate';
/** Values of the metadata that is searched, each of five licenses. */
const SHELVES = 40;
/** Licenses of a batch, and batches whose licenses are changed in turn, more than there are connections. */
const BATCH_SIZE = 100;
const BATCHES = 16;
let sent = 0;

/** Reads may take twice the CPU of a license by its id, changes one and a half times that of a suspension. */
export function ofStaff(connections) {
  return [
    reading('report, overview', connections, () => '/v1/reports/overview', '"totals"'),
    reading('report, utilisation', connections, () => '/v1/reports/utilisation', '"totals"'),
    reading('usage of a license', connections, (id) => `/v1/licenses/${id}/usage`, '"usage"'),
    reading('files of a license', connections, (id) => `/v1/licenses/${id}/files`, '"data"'),
    reading('blocked devices', connections, (id) => `/v1/licenses/${id}/blocked-devices`, '"data"'),
    reading('list, last four characters', connections, () => '/v1/licenses?last_four=ABCD&limit=20', '"data"'),
    reading('list, metadata of one', connections, (id) => `/v1/licenses?metadata.serial=${id}&limit=20`, '"serial"'),
    reading(
      'list, metadata of five',
      connections,
      () => `/v1/licenses?metadata.shelf=${sent % SHELVES}&limit=20`,
      '"shelf"',
    ),
    changing('rotate key', connections, (id) => [`${id}/rotate-key`, { reason: REASON }], '"license_key":"'),
    changing('block a device', connections, (id) => [`${id}/blocked-devices`, blocked()], '"blocked_device_id":"'),
    changing('reset activations', connections, (id) => [`${id}/activations:reset`, {}], '"deactivated":'),
    inBulk(),
  ];
}

function reading(name, connections, pathOf, expects) {
  const read = (to) => requestOf(to, 'GET', pathOf(next(to).id));
  return {
    name: `staff: ${name}`,
    connections,
    lanes: [lane('ours', read, undefined, name), lane('ours', getWithDevice, undefined, GET)],
    prepare: prepareAsStaff,
    expectsFirst: expects,
    goals: {},
    cpuLimits: Object.fromEntries(connections.map((each) => [each, { [GET]: 2 }])),
  };
}

function changing(name, connections, changeOf, expects) {
  const change = (to) => {
    const [path, body] = changeOf(next(to).id);
    return requestOf(to, 'POST', `/v1/licenses/${path}`, body);
  };
  return {
    name: `staff: ${name}`,
    connections,
    lanes: [lane('ours', change, undefined, name), lane('ours', suspendOrReinstate, undefined, SUSPEND)],
    prepare: prepareAsStaff,
    expectsFirst: expects,
    goals: {},
    cpuLimits: Object.fromEntries(connections.map((each) => [each, { [SUSPEND]: 1.5 }])),
  };
}

/** A request of the first lane changes BATCH_SIZE licenses, one of the other lane one. */
function inBulk() {
  const change = (to) => {
    const turn = sent++;
    const action = Math.floor(turn / BATCHES) % 2 === 0 ? 'suspend' : 'reinstate';
    const request = requestOf(to, 'POST', `/v1/licenses:batch-${action}`, {});
    return {
      ...request,
      headers: { ...request.headers, 'content-type': 'application/x-ndjson' },
      body: to.batches[turn % BATCHES],
    };
  };
  return {
    name: `staff: bulk of ${BATCH_SIZE}`,
    connections: [2],
    lanes: [lane('ours', change, undefined, 'bulk'), lane('ours', suspendOrReinstate, undefined, SUSPEND)],
    prepare: prepareBatches,
    expectsFirst: '"status":200',
    goals: {},
  };
}

/** Every license is suspended in one turn and reinstated in the next, so that each request changes one. */
function suspendOrReinstate(to) {
  const licenses = to.licenses.staffBeside;
  const turn = (to.staffTurns = (to.staffTurns ?? -1) + 1);
  const action = Math.floor(turn / licenses.length) % 2 === 0 ? 'suspend' : 'reinstate';
  return requestOf(to, 'POST', `/v1/licenses/${licenses[turn % licenses.length].id}/${action}`, { reason: REASON });
}

async function prepareBatches(contender) {
  await prepareAsStaff(contender);
  const licenses = await issueMany(contender, DEVICE_TEMPLATE, BATCHES * BATCH_SIZE);
  const lines = licenses.map(({ id }) => JSON.stringify({ license_id: id, reason: REASON }));
  contender.batches = Array.from({ length: BATCHES }, (_, at) =>
    lines.slice(at * BATCH_SIZE, (at + 1) * BATCH_SIZE).join('\n'),
  );
  sent = 0;
}

/** Declares the metadata that is searched, once. */
async function declareShelves(contender) {
  if (contender.hasShelves) return;
  contender.hasShelves = true;
  for (const [at, { id }] of contender.licenses.staff.entries()) {
    const metadata = { shelf: String(at % SHELVES), serial: id };
    await send(contender, 'PATCH', `/v1/licenses/${id}`, JSON.stringify({ metadata }));
  }
  await send(contender, 'PATCH', '/v1/settings', JSON.stringify({ metadata_filters: ['shelf', 'serial'] }));
  while ((await send(contender, 'GET', '/v1/settings')).metadata_filters_pending.length > 0)
    await new Promise((resolve) => setTimeout(resolve, 50));
}

/** Devices of former rounds are no more, and nothing is suspended. */
async function prepareAsStaff(contender) {
  await prepareDevices(contender);
  await declareShelves(contender);
  contender.staffTurns = undefined;
  await contender.cluster.monitor.query(
    `UPDATE licenses SET status = 'ACTIVE' WHERE tenant_id = $1 AND license_id = ANY($2::uuid[])`,
    [tenantOfPrograms(contender).id, contender.licenses.staffBeside.map(({ id }) => id)],
  );
}

function blocked() {
  return { fingerprint: `blocked-${process.pid}-${sent}`, reason: REASON };
}

function next({ licenses: { staff } }) {
  return staff[sent++ % staff.length];
}

function requestOf(to, method, path, body) {
  const headers = headersOf(tenantOfPrograms(to));
  if (body === undefined) return { method, path, headers };
  return { method, path, headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) };
}
