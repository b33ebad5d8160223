// Where Node's time goes under one kind of request, over 64 connections or one: by part of the code, of the samples in which it was not idle.
// `npm run bench -- --profile`; with `--only TEXT` it prints those whose name contains the text.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { activateNew, getWithDevice, heartbeat, validate } from './client-requests.mjs';
import { startCluster } from './cluster.mjs';
import { makeUsedSeed, runOn, warmUp } from './contenders.mjs';
import { prepareDevices } from './devices.mjs';
import { showOnPage } from './documents.mjs';
import { drive, WARM_UP_CONNECTIONS } from './load.mjs';
import { cpuSeconds } from './costs.mjs';
import { machine } from './report.mjs';
import { get, issue, list } from './requests.mjs';

const SECONDS = 6;
const SHOWN = 14;

const LOADS = [
  ['issue, one tenant', 64, (contender) => issue(contender)],
  ['issue, 1,000 tenants', 64, (contender) => issue(contender, { ofAllTenants: true })],
  ['issue with idempotency key', 64, (contender) => issue(contender, { idempotent: true })],
  ['get by id', 64, (contender) => get(contender)],
  ['get by id, 1 connection', 1, (contender) => get(contender)],
  ['get by id, with a device', 64, (contender) => getWithDevice(contender)],
  ['list of 100', 64, (contender) => list(contender)],
  ['validate, known device', 64, (contender) => validate(contender)],
  ['activate, new device', 64, (contender) => activateNew(contender)],
  ['heartbeat', 64, (contender) => heartbeat(contender)],
];

export async function profileRequests(only) {
  const seed = await makeUsedSeed(1_000);
  const tables = [];
  for (const load of LOADS.filter(([name]) => name.includes(only))) tables.push(await profile(seed, ...load));
  const text = [`${machine()}.`, ...tables].join('\n\n');
  console.log(`\n${text}\n`);
  if (only === '') await showOnPage('profile', text);
  return true;
}

async function profile(seed, name, connections, request) {
  const cluster = await startCluster(seed);
  const file = join(cluster.dataDir, 'server.cpuprofile');
  const ours = await runOn('ours', cluster, { PROFILE: file }, 'bench/profiled-server.mjs');
  const { pid } = ours.process;
  await warmUp(ours, 3);
  await prepareDevices(ours);
  await drive(ours, request, { connections: WARM_UP_CONNECTIONS, seconds: SECONDS });
  process.kill(pid, 'SIGUSR2');
  const before = await cpuSeconds(pid);
  const { sent } = await drive(ours, request, { connections, seconds: SECONDS });
  const cpuMs = ((await cpuSeconds(pid)) - before) * 1000;
  process.kill(pid, 'SIGUSR2');
  const shares = sharesOf(JSON.parse(await written(file)));
  await ours.process.stop();
  await cluster.stop();
  const rows = shares.slice(0, SHOWN).map(([part, share]) => `| ${part} | ${(share * 100).toFixed(1)} % |`);
  return `**${name}**: ${(cpuMs / sent).toFixed(2)} ms of CPU a request, the profiler's own included\n\n| part | share |\n| --- | ---: |\n${rows.join('\n')}`;
}

/** Complete when it can be read as JSON. */
async function written(file) {
  for (;;) {
    const text = await readFile(file, 'utf8').catch(() => '');
    if (text.endsWith('}')) return text;
    await pause(50);
  }
}

function sharesOf({ nodes, samples, timeDeltas }) {
  const partOf = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  const times = new Map();
  let total = 0;
  for (const [at, id] of samples.entries()) {
    const part = partOf.get(id);
    if (part === '(idle)' || part === '(program)') continue;
    times.set(part, (times.get(part) ?? 0) + timeDeltas[at]);
    total += timeDeltas[at];
  }
  return [...times].map(([part, time]) => [part, time / total]).sort(([, a], [, b]) => b - a);
}

/** A package, a folder of ours, a module of Node; what has no file is native: system calls, cryptography, the collector. */
function nameOf({ functionName, url }) {
  const [, own] = /\/dist\/((?:shared\/)?[\w-]+)\/[^/]/.exec(url.includes('node_modules') ? '' : url) ?? [];
  if (own) return `\`src/${own}\``;
  const [, installed] = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url) ?? [];
  if (installed) return installed;
  const [, builtIn] = /^node:(?:internal\/)?([\w-]+)/.exec(url) ?? [];
  return builtIn ? `Node: ${builtIn}` : functionName || '(anonymous)';
}
