// From the start of the process until /health/ready answers 200, on an embedded database that is there already: PostgreSQL is
// started, migrations are looked for, keys are checked. Starts with and without the workflow engine take turns, which tells what the engine costs.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { cpuSeconds, postgresCpuSeconds, residentMiB } from './costs.mjs';
import { start } from './processes.mjs';
import { spread } from './statistics.mjs';
import { startWaitingRuns } from './workflows.mjs';

const GOAL_MS = 2_500;
const ENGINE_GOALS = { startMs: 100, idleCpuMsPerS: 15, memoryMiB: 38, waitingMemoryMiB: 38 };
/** The engine starts after the server is ready. */
const SETTLE_MS = 3_000;
const IDLE_MS = 5_000;
/** V8 gives memory back within so long after the start. */
const MEMORY_SETTLE_MS = 20_000;
const MEMORY_TIMES = 3;
/** The young generation of the main thread, which V8 keeps at 64 MiB or gives back by chance. */
const SMALL_YOUNG_GENERATION = '--max-semi-space-size=1';
const TIMEOUT_MS = 60_000;

/** The cluster is a stopped one. */
export async function measureStartUp({ dataDir, tenants: [tenant] }, times) {
  await startOnce(dataDir, 'dbos');
  const runs = { dbos: [], off: [] };
  for (let at = 0; at < times; at++)
    for (const engine of at % 2 === 0 ? ['dbos', 'off'] : ['off', 'dbos'])
      runs[engine].push(await startOnce(dataDir, engine));
  const differences = (of) => spread(runs.dbos.map((run, at) => of(run) - of(runs.off[at])));
  const memoryTimes = Math.min(times, MEMORY_TIMES);
  const memoryMiB = await addedMemory(dataDir, memoryTimes);
  const { server, url } = await startServer(dataDir, 'dbos');
  await startWaitingRuns(url, tenant);
  await server.stop();
  const waitingMemoryMiB = await addedMemory(dataDir, memoryTimes);
  return {
    ms: spread(runs.dbos.map(({ ms }) => ms)),
    goalMs: GOAL_MS,
    engine: {
      goals: ENGINE_GOALS,
      startMs: differences(({ ms }) => ms),
      idleCpuMsPerS: differences(({ idleCpuMsPerS }) => idleCpuMsPerS),
      memoryMiB,
      waitingMemoryMiB,
    },
  };
}

/** Memory that the engine adds to a server that does nothing. */
async function addedMemory(dataDir, times) {
  const residentOf = async (engine) => {
    const { server } = await startServer(dataDir, engine, [SMALL_YOUNG_GENERATION]);
    await pause(MEMORY_SETTLE_MS);
    const { now } = await residentMiB(server.pid);
    await server.stop();
    return now;
  };
  const differences = [];
  for (let at = 0; at < times; at++) {
    const off = await residentOf('off');
    differences.push((await residentOf('dbos')) - off);
  }
  return spread(differences);
}

async function startServer(dataDir, engine, options = []) {
  const port = await freePort();
  const begun = performance.now();
  const environment = { DATA_DIR: dataDir, PORT: String(port), SAMPLE_DATA: 'false', WORKFLOWS: engine };
  const server = start('dist/main.bundle.js', environment, 'ignore', options);
  const url = `http://127.0.0.1:${port}`;
  await isReady(`${url}/health/ready`, begun + TIMEOUT_MS, server);
  return { server, url, ms: performance.now() - begun };
}

async function startOnce(dataDir, engine) {
  const { server, ms } = await startServer(dataDir, engine);
  await pause(SETTLE_MS);
  const postmasterPid = Number((await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8')).split('\n')[0]);
  const cpu = async () => (await cpuSeconds(server.pid)) + (await postgresCpuSeconds(postmasterPid));
  const before = await cpu();
  await pause(IDLE_MS);
  const idleCpuMsPerS = (1_000 * ((await cpu()) - before)) / (IDLE_MS / 1_000);
  await server.stop();
  return { ms, idleCpuMsPerS };
}

async function isReady(url, deadline, server) {
  for (; performance.now() < deadline && server.isAlive(); await pause(5)) {
    const status = await fetch(url).then(
      (response) => response.text().then(() => response.status),
      () => 0,
    );
    if (status === 200) return;
  }
  throw new Error('The server did not become ready.');
}

function freePort() {
  return new Promise((found, failed) => {
    const server = createServer().once('error', failed);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => found(port));
    });
  });
}
