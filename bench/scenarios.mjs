// Scenarios: traffic, contenders by name, connections, and what the first lane should reach: shares of the others' rates, and at most so
// much of their CPU.
import { getWithDevice } from './client-requests.mjs';
import { besidePeer, blocked, changing, counted, crowded, ofPrograms, validating } from './client-scenarios.mjs';
import { lane, lanesOf } from './lanes.mjs';
import { get, issue, list } from './requests.mjs';
import { ofStaff } from './staff-scenarios.mjs';

const ALL = ['ours', 'floor', 'raw', 'spec'];
const HTTP = ['ours', 'floor', 'spec'];

export function scenarios({ quick, peers }) {
  const everywhere = quick ? [1, 64] : [1, 8, 32, 64];
  return [
    ...issuing(everywhere),
    ...reading(everywhere, quick),
    ...validating(everywhere),
    ...changing(everywhere),
    ...crowded([1, 64]),
    ...blocked([64]),
    ...counted([64]),
    ...ofStaff([64]),
    ...(peers ? [besidePeer(everywhere)] : []),
  ];
}

function issuing(everywhere) {
  return [
    {
      name: 'issue, one tenant',
      connections: everywhere,
      lanes: lanesOf(ALL, issue),
      goals: { 1: { floor: 0.6 }, 64: { raw: 1.8, floor: 1.3 } },
      worstP99Ms: { 32: 50 },
    },
    {
      name: 'issue, 1,000 tenants',
      connections: [64],
      lanes: lanesOf(ALL, issue, { ofAllTenants: true }),
      goals: { 64: { raw: 1.3 } },
    },
    {
      name: 'issue with idempotency key',
      connections: [64],
      lanes: [lane('ours', issue, { idempotent: true }, 'with key'), lane('ours', issue, undefined, 'without')],
      goals: { 64: { without: 0.9 } },
    },
    {
      name: 'issue with repeated trials',
      connections: [64],
      lanes: [
        lane('ours', issue, { refusals: 100 }, 'with 1 % repeated trials'),
        lane('ours', issue, undefined, 'without'),
      ],
      goals: { 64: { without: 0.9 } },
    },
  ];
}

function reading(everywhere, quick) {
  return [
    {
      name: 'get by id',
      connections: quick ? [64] : everywhere,
      lanes: lanesOf(HTTP, get),
      goals: { 1: { floor: 0.6 }, 64: { floor: 1 } },
    },
    {
      ...ofPrograms('get by id, with a device', everywhere, getWithDevice, undefined, '"current_activations":1'),
      goals: { 1: { floor: 0.75 }, 8: { floor: 0.9 }, 64: { floor: 1.7 } },
    },
    {
      name: 'list of 100',
      connections: everywhere,
      lanes: lanesOf(HTTP, list),
      goals: { 1: { floor: 1 }, 8: { floor: 1.1 }, 64: { floor: 1.2 } },
    },
  ];
}
