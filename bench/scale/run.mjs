// Equal requests to small and large databases, in turn, so that what the machine does meanwhile happens to all of them.
import { statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { assertAnswers } from '../compare.mjs';
import { makeUsedSeed, runOn, warmUp } from '../contenders.mjs';
import { emptyOutbox } from '../database.mjs';
import { showOnPage, writeJson, writeResult } from '../documents.mjs';
import { measure } from '../load.mjs';
import { machine } from '../report.mjs';
import { median } from '../statistics.mjs';
import { fillCluster } from './fill.mjs';
import { explain } from './plans.mjs';
import { plansText, scaleReport } from './report.mjs';
import { scaleScenarios } from './scenarios.mjs';
import { walSince, walPosition } from './wal.mjs';

const SIZES = [10_000, 1_000_000, 10_000_000];
/** Beginning of the names of the scenarios that have a table of their own. */
const REPORTS = 'report, ';
const TENANTS = 1_000;
const ROUNDS = 5;
const SECONDS = 2;
/** With its key, its event, all indexes, and what is needed on the way. */
const BYTES_A_LICENSE = 2_400;
const RESERVE_BYTES = 4e9;
/** The floor leaves its events in the outbox, where they are thrown away after each of its runs and not moved by our relay. */
const SETTINGS = { RELAY_INTERVAL_MS: '1000000' };

export async function runScale(wanted, only, stay) {
  const sizes = wanted?.split(',').map(Number) ?? SIZES;
  if (!sizes.every((size) => Number.isInteger(size) && size >= 1_000)) throw new Error('--sizes 10000,1000000');
  await assertRoom(sizes);
  const databases = await startAll(sizes);
  const results = [];
  const [{ scenarios }] = databases;
  for (const at of scenarios.keys()) {
    if (!scenarios[at].name.includes(only)) continue;
    say(scenarios[at].name);
    results.push(await measureAt(databases, at));
  }
  const outcome = {
    at: new Date().toISOString(),
    machine: machine(),
    rounds: ROUNDS,
    seconds: SECONDS,
    sizes,
    results,
  };
  const text = scaleReport(outcome);
  console.log(`\n${plansText(outcome)}\n\n${text}\n`);
  if (only === REPORTS) await showOnPage('reports', text);
  if (stay) await untilInterrupted(databases);
  if (wanted || only) return true;
  await writeJson('scale.json', outcome);
  await writeResult('scale-plans.txt', plansText(outcome));
  await showOnPage('scale', text);
  return true;
}

async function assertRoom(sizes) {
  const { bavail, bsize } = await statfs(tmpdir());
  const needed = sizes.reduce((sum, size) => sum + size * BYTES_A_LICENSE, RESERVE_BYTES);
  const show = (bytes) => `${Math.ceil(bytes / 1e9)} GB`;
  if (bavail * bsize >= needed) return;
  throw new Error(
    `${tmpdir()} has ${show(bavail * bsize)} free and this needs ${show(needed)}. Set TMPDIR, or choose --sizes.`,
  );
}

async function startAll(sizes) {
  const seed = await makeUsedSeed(TENANTS, SETTINGS);
  const databases = [];
  for (const size of sizes) {
    say(`loads ${size.toLocaleString('en')} licenses`);
    const cluster = await fillCluster(seed, size);
    const { ids, licenses, scenarios } = await scaleScenarios(cluster);
    const contenders = {};
    for (const name of ['ours', 'floor']) {
      contenders[name] = await runOn(name, cluster, name === 'ours' ? SETTINGS : undefined);
      await warmUp(contenders[name], 1);
      contenders[name].ids = ids;
      contenders[name].licenses = { validate: licenses, activate: licenses };
      if (name === 'floor') await emptyOutbox(cluster.monitor);
    }
    databases.push({ size, cluster, scenarios, contenders });
  }
  return databases;
}

async function measureAt(databases, at) {
  const { name, who, connections, goal, walGoal } = databases[0].scenarios[at];
  const lanes = who.flatMap((contender) => databases.map(({ size }) => ({ contender, size, runs: [] })));
  for (let round = -1; round < ROUNDS; round++) {
    for (const lane of lanes) {
      const database = databases.find(({ size }) => size === lane.size);
      const run = await measureOnce(database, lane.contender, at, round < 0 ? SECONDS / 2 : SECONDS);
      // The first round warms up.
      if (round >= 0) lane.runs.push(run);
    }
  }
  const largest = databases.at(-1);
  const scenario = largest.scenarios[at];
  const plan = scenario.explain ? await explain(largest.contenders.ours, scenario.request) : undefined;
  return { name, connections, goal, walGoal, lanes: lanes.map(summaryOf), plan };
}

async function measureOnce({ cluster, contenders, scenarios }, name, at, seconds) {
  const { request, connections, writes, countsWal, expects } = scenarios[at];
  if (expects) await assertAnswers({ contender: contenders[name], request }, expects);
  const begin = countsWal ? await walPosition(cluster.monitor) : undefined;
  const run = await measure({ contender: contenders[name], request }, { connections, seconds });
  const wal = countsWal ? await walSince(cluster.monitor, begin) : undefined;
  if (writes && name === 'floor') await emptyOutbox(cluster.monitor);
  return wal ? { ...run, walBytes: wal.bytes / run.count, walImageBytes: wal.imageBytes / run.count } : run;
}

/** Leaves the servers to whoever wants to look at one with many licenses. The keys are those of a database that ends with the run. */
async function untilInterrupted(databases) {
  for (const { size, cluster, contenders } of databases) {
    const [{ id, key }] = cluster.tenants;
    say(`${size.toLocaleString('en')} licenses: ${contenders.ours.url} of ${id}, API key ${key}`);
  }
  say('stays until Ctrl-C');
  await new Promise(() => undefined);
}

function summaryOf({ contender, size, runs }) {
  const medianOf = (field) => median(runs.map((run) => run[field]));
  const wal = runs[0].walBytes ? { walBytes: medianOf('walBytes'), walImageBytes: medianOf('walImageBytes') } : {};
  const rates = {
    rates: runs.map(({ rate }) => rate),
    rate: medianOf('rate'),
    p50: medianOf('p50'),
    p99: medianOf('p99'),
  };
  return { contender, size, ...rates, postgresCpuMs: medianOf('postgresCpuMs'), ...wal };
}

function say(what) {
  console.log(`${(performance.now() / 1000).toFixed(0).padStart(5)} s  ${what}`);
}
