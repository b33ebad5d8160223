// Scenarios: traffic, contenders, connections, and the share of the others' rates that the first lane should reach.
import { get, issue, list } from './requests.mjs';

const ALL = ['ours', 'floor', 'raw', 'spec'];
const HTTP = ['ours', 'floor', 'spec'];

export function scenarios(contenders, { quick }) {
  const everywhere = quick ? [1, 64] : [1, 8, 32, 64];
  const lanesOf = (names, kind, traffic) =>
    names.map((name) => ({ label: name, contender: contenders[name], traffic, request: (to) => kind(to, traffic) }));
  const ofAllTenants = { ofAllTenants: true };
  return [
    {
      name: 'issue, one tenant',
      connections: everywhere,
      lanes: lanesOf(ALL, issue),
      goals: { 1: { floor: 0.5 }, 64: { raw: 1.5, floor: 1.3 } },
      worstP99Ms: { 32: 50 },
    },
    {
      name: 'issue, 1,000 tenants',
      connections: [64],
      lanes: lanesOf(ALL, issue, ofAllTenants),
      goals: { 64: { raw: 1 } },
    },
    {
      name: 'issue with idempotency key',
      connections: [64],
      lanes: [
        { ...lanesOf(['ours'], issue, { idempotent: true })[0], label: 'with key' },
        { ...lanesOf(['ours'], issue)[0], label: 'without' },
      ],
      goals: { 64: { without: 0.85 } },
    },
    {
      name: 'issue with repeated trials',
      connections: [64],
      lanes: [
        { ...lanesOf(['ours'], issue, { refusals: 100 })[0], label: 'with 1 % repeated trials' },
        { ...lanesOf(['ours'], issue)[0], label: 'without' },
      ],
      goals: { 64: { without: 0.9 } },
    },
    {
      name: 'get by id',
      connections: quick ? [64] : everywhere,
      lanes: lanesOf(HTTP, get),
      goals: { 1: { floor: 0.6 }, 64: { floor: 1 } },
    },
    { name: 'list of 100', connections: quick ? [64] : [1, 64], lanes: lanesOf(HTTP, list), goals: {} },
  ];
}
