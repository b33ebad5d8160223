// Scenarios of programs: what they call all day with a license key.
import { activateAgain, activateNew, checkOut, consumeUsage, heartbeat, validate, verify } from './client-requests.mjs';
import { prepareDevices, prepareNewDevices } from './devices.mjs';
import { lane, lanesOf } from './lanes.mjs';
import { prepareKeys } from './peers.mjs';
import { issue } from './requests.mjs';

const BOTH = ['ours', 'floor'];

/** On licenses that were issued for programs; an answer must contain `expects`. */
export function ofPrograms(name, connections, kind, traffic, expects) {
  const lanes = lanesOf(BOTH, kind, traffic);
  return { name, connections, lanes, expects, prepare: prepareDevices, goals: {} };
}

export function validating(everywhere) {
  const known = '"valid":true';
  return [
    {
      ...ofPrograms('validate, known device', everywhere, validate, {}, known),
      goals: { 1: { floor: 0.7 }, 8: { floor: 0.9 }, 64: { floor: 1.4 } },
      cpuLimits: { 64: { floor: 1 } },
    },
    ofPrograms('validate, unknown device', everywhere, validate, { fingerprint: 'unknown' }, '"valid":false'),
    {
      ...ofPrograms('validate, signed', everywhere, validate, { signed: true }, '"proof":"'),
      lanes: [
        lane('ours', validate, { signed: true }, 'signed'),
        lane('ours', validate, {}, 'unsigned'),
        lane('floor', validate, { signed: true }),
      ],
      expects: known,
      goals: Object.fromEntries(everywhere.map((connections) => [connections, { unsigned: 0.8 }])),
    },
  ];
}

export function changing(everywhere) {
  const active = '"status":"ACTIVE"';
  return [
    {
      ...ofPrograms('activate, new device', everywhere, activateNew, {}, active),
      goals: { 1: { floor: 0.5 }, 8: { floor: 0.8 }, 64: { floor: 1.2 } },
      roundTripLimit: 2,
      prepare: prepareNewDevices,
    },
    ofPrograms('activate, same device again', everywhere, activateAgain, undefined, active),
    {
      ...ofPrograms('heartbeat', everywhere, heartbeat, undefined, '"lease_expires_at":"'),
      goals: { 64: { floor: 1 } },
    },
    { ...ofPrograms('usage consume', everywhere, consumeUsage, undefined, '"used":'), goals: { 64: { floor: 1 } } },
    ofPrograms('check-out', everywhere, checkOut, undefined, '"license_id":"'),
  ];
}

/** Ours beside itself: eight licenses with 5,000 devices each, and eight with one. */
export function crowded(connections) {
  const beside = (name, kind, expects) => ({
    ...ofPrograms(`${name}, 5,000 devices`, connections, kind, {}, expects),
    lanes: [
      lane('ours', kind, { use: 'manyDevices' }, '5,000 devices'),
      lane('ours', kind, { use: 'oneDevice' }, 'one device'),
    ],
    goals: Object.fromEntries(connections.map((count) => [count, { 'one device': 0.7 }])),
  });
  return [beside('validate', validate, '"valid":true'), beside('activate', activateNew, '"status":"ACTIVE"')];
}

/** Ours beside itself: licenses that have a blocked device, for which each request looks, and licenses that have none. */
export function blocked(connections) {
  const beside = (name, kind, expects, without) => ({
    ...ofPrograms(`${name}, another device is blocked`, connections, kind, {}, expects),
    lanes: [
      lane('ours', kind, { use: 'blocked' }, 'one is blocked'),
      lane('ours', kind, { use: without }, 'none is blocked'),
    ],
    prepare: prepareNewDevices,
    goals: Object.fromEntries(connections.map((count) => [count, { 'none is blocked': 0.8 }])),
  });
  return [
    beside('validate', validate, '"valid":true', 'validate'),
    beside('activate', activateNew, '"status":"ACTIVE"', 'activate'),
  ];
}

/** Ours beside itself: while events are counted for the reports, and without. Of ten requests of the last one issues and one is refused. */
export function counted(connections) {
  const beside = (name, kind) => ({
    name: `${name}, events are counted`,
    connections,
    lanes: [lane('counting', kind, {}, 'counted'), lane('uncounted', kind, {}, 'not counted')],
    prepare: prepareDevices,
    goals: Object.fromEntries(connections.map((count) => [count, { 'not counted': 0.95 }])),
  });
  return [beside('issue', issue), beside('validate', validateAmidIssues)];
}

function validateAmidIssues(contender) {
  const turn = (contender.turns = (contender.turns ?? 0) + 1) % 10;
  if (turn === 0) return issue(contender);
  return validate(contender, turn === 5 ? { fingerprint: 'unknown' } : {});
}

export function besidePeer(connections) {
  return {
    name: 'validate beside a verified API key',
    connections,
    lanes: [lane('ours', validate, {}), lane('better-auth', verify)],
    expects: '"valid":true',
    prepare: (contender) => (contender.name === 'ours' ? prepareDevices(contender) : prepareKeys(contender)),
    goals: { 8: { 'better-auth': 1.5 }, 64: { 'better-auth': 2.5 } },
    cpuLimits: Object.fromEntries(connections.map((count) => [count, { 'better-auth': 0.6 }])),
  };
}
