// The benchmark; see bench/README.md. `--quick` and `--only TEXT` print, and leave what is kept in the repository alone.
import { parseArgs } from 'node:util';
import { measureAuditLag } from './audit-lag.mjs';
import { compareBatch } from './batch.mjs';
import { chart } from './chart.mjs';
import { runAndCleanUp } from './cleanup.mjs';
import { compare } from './compare.mjs';
import { makeUsedSeed, startContender, warmUp } from './contenders.mjs';
import { showOnPage, writeJson, writeResult } from './documents.mjs';
import { installPeers } from './peers.mjs';
import { residentMiB } from './costs.mjs';
import { machine, report } from './report.mjs';
import { scenarios } from './scenarios.mjs';
import { measureStartUp } from './start-up.mjs';
import { measureWorkflows } from './workflows.mjs';

const TENANTS = 1_000;
const FULL = {
  rounds: 3,
  seconds: 3,
  countSeconds: 0.6,
  warmUp: 6,
  laneWarmUp: 3,
  batches: 3,
  auditSeconds: 10,
  starts: 5,
};
const QUICK = {
  rounds: 2,
  seconds: 0.8,
  countSeconds: 0.4,
  warmUp: 0.8,
  laneWarmUp: 0.5,
  batches: 1,
  auditSeconds: 2,
  starts: 1,
};

/** Scenarios that are run by themselves, as `--only` names them, and the part of the page that has their tables. */
const PARTS = { 'staff: ': 'staff', 'events are counted': 'counted' };

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    only: { type: 'string', default: '' },
    scale: { type: 'boolean', default: false },
    sizes: { type: 'string' },
    stay: { type: 'boolean', default: false },
    pools: { type: 'boolean', default: false },
    import: { type: 'boolean', default: false },
    lines: { type: 'string', default: '100000' },
    profile: { type: 'boolean', default: false },
    serialisers: { type: 'boolean', default: false },
    against: { type: 'string' },
    peers: { type: 'boolean', default: false },
  },
});

await runAndCleanUp(async () => {
  if (flags.scale) {
    const { runScale } = await import('./scale/run.mjs');
    return runScale(flags.sizes, flags.only, flags.stay);
  }
  if (flags.pools) {
    const { comparePools } = await import('./pools.mjs');
    return comparePools();
  }
  if (flags.import) {
    const { measureImport } = await import('./import.mjs');
    return measureImport(Number(flags.lines));
  }
  if (flags.profile) {
    const { profileRequests } = await import('./profile.mjs');
    return profileRequests(flags.only);
  }
  if (flags.serialisers) {
    const { compareSerialisers } = await import('./serialisers.mjs');
    return compareSerialisers();
  }
  if (flags.against) {
    const { compareCheckouts } = await import('./against.mjs');
    return compareCheckouts(flags.against, flags.only);
  }
  const { rounds, seconds } = flags;
  const options = {
    ...(flags.quick ? QUICK : FULL),
    ...(rounds && { rounds: Number(rounds) }),
    ...(seconds && { seconds: Number(seconds) }),
  };
  if (!(options.rounds >= 1 && options.seconds > 0)) throw new Error('--rounds and --seconds are positive numbers.');
  const results = await runAll(options);
  const text = report(results);
  console.log(`\n${text}\n`);
  if (flags.only in PARTS) await showOnPage(PARTS[flags.only], text);
  if (flags.quick || flags.only) {
    await writeJson('quick.json', results);
    return true;
  }
  await writeJson('latest.json', results);
  await writeResult('latest.svg', chart(results));
  await showOnPage('bench', `![Ratios](../bench/results/latest.svg)\n\n${text}`);
  return true;
});

async function runAll(options) {
  const wanted = (name) =>
    flags.only === '' ? !Object.keys(PARTS).some((part) => name.includes(part)) : name.includes(flags.only);
  const chosen = scenarios(flags).filter(({ name }) => wanted(name));
  if (flags.peers) await installPeers();
  const contenders = await startContenders(chosen, options.warmUp);
  const comparisons = [];
  for (const scenario of chosen) {
    const lanes = scenario.lanes.map((lane) => ({ ...lane, contender: contenders[lane.contender] }));
    for (const connections of scenario.connections) {
      progress(`${scenario.name}, ${connections}`);
      comparisons.push(await compare({ ...scenario, lanes }, connections, options));
    }
  }
  progress('batch, audit lag, start-up');
  const batch = wanted('batch') ? ((await compareBatch(contenders, options.batches)) ?? null) : undefined;
  const auditLag = wanted('audit lag') ? await measureAuditLag(contenders.ours, options.auditSeconds) : undefined;
  const workflows = wanted('workflows') ? await measureWorkflows(contenders.ours, options.seconds) : undefined;
  const memory = {};
  for (const [name, { process: child }] of Object.entries(contenders)) memory[name] = await residentMiB(child.pid);
  for (const { process: child, cluster } of Object.values(contenders)) {
    await child.stop();
    await cluster.stop();
  }
  const startUp = wanted('start-up') ? await measureStartUp(contenders.ours.cluster, options.starts) : undefined;
  return {
    at: new Date().toISOString(),
    machine: machine(),
    options,
    comparisons,
    batch,
    auditLag,
    workflows,
    startUp,
    memory,
  };
}

/** Only those that are measured, and the two that have more to do than scenarios. */
async function startContenders(chosen, warmUpSeconds) {
  const names = chosen.flatMap(({ lanes }) => lanes.map(({ contender }) => contender));
  const seed = await makeUsedSeed(TENANTS);
  const contenders = {};
  for (const name of new Set(['ours', 'floor', ...names])) {
    progress(`starts ${name}`);
    contenders[name] = await startContender(name, seed);
    await warmUp(contenders[name], warmUpSeconds);
  }
  return contenders;
}

function progress(what) {
  console.log(`${(performance.now() / 1000).toFixed(0).padStart(5)} s  ${what}`);
}
