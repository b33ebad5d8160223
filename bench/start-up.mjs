// From the start of the process until /health/ready answers 200, on an embedded database that is there already: PostgreSQL is
// started, migrations are looked for, keys are checked. Starts with and without the workflow engine take turns, which tells what the engine costs.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { cpuSeconds, postgresCpuSeconds, residentMiB } from './costs.mjs';
import { start } from './processes.mjs';
import { spread } from './statistics.mjs';

const GOAL_MS = 2_500;
const ENGINE_GOALS = { startMs: 100, idleCpuMsPerS: 15, memoryMiB: 40 };
/** The engine starts after the server is ready. */
const SETTLE_MS = 3_000;
const IDLE_MS = 5_000;
const TIMEOUT_MS = 60_000;

/** `dataDir` is a stopped cluster's. */
export async function measureStartUp(dataDir, times) {
  await startOnce(dataDir, 'dbos');
  const runs = { dbos: [], off: [] };
  for (let at = 0; at < times; at++)
    for (const engine of at % 2 === 0 ? ['dbos', 'off'] : ['off', 'dbos'])
      runs[engine].push(await startOnce(dataDir, engine));
  const differences = (of) => spread(runs.dbos.map((run, at) => of(run) - of(runs.off[at])));
  return {
    ms: spread(runs.dbos.map(({ ms }) => ms)),
    goalMs: GOAL_MS,
    engine: {
      goals: ENGINE_GOALS,
      startMs: differences(({ ms }) => ms),
      idleCpuMsPerS: differences(({ idleCpuMsPerS }) => idleCpuMsPerS),
      memoryMiB: differences(({ memoryMiB }) => memoryMiB),
    },
  };
}

async function startOnce(dataDir, engine) {
  const port = await freePort();
  const begun = performance.now();
  const environment = { DATA_DIR: dataDir, PORT: String(port), SAMPLE_DATA: 'false', WORKFLOWS: engine };
  const server = start('dist/main.bundle.js', environment, 'ignore');
  await isReady(`http://127.0.0.1:${port}/health/ready`, begun + TIMEOUT_MS, server);
  const ms = performance.now() - begun;
  await pause(SETTLE_MS);
  const postmasterPid = Number((await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8')).split('\n')[0]);
  const cpu = async () => (await cpuSeconds(server.pid)) + (await postgresCpuSeconds(postmasterPid));
  const before = await cpu();
  await pause(IDLE_MS);
  const idleCpuMsPerS = (1_000 * ((await cpu()) - before)) / (IDLE_MS / 1_000);
  const memoryMiB = (await residentMiB(server.pid)).now;
  await server.stop();
  return { ms, idleCpuMsPerS, memoryMiB };
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
