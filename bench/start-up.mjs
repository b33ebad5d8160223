// From the start of the process until /health/ready answers 200, on an embedded database that is there already: PostgreSQL is
// started, migrations are looked for, keys are checked.
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { start } from './processes.mjs';
import { spread } from './statistics.mjs';

const GOAL_MS = 2_500;
const TIMEOUT_MS = 60_000;

/** `dataDir` is a stopped cluster's. */
export async function measureStartUp(dataDir, times) {
  await startOnce(dataDir);
  const runs = [];
  for (let at = 0; at < times; at++) runs.push(await startOnce(dataDir));
  return { ms: spread(runs), goalMs: GOAL_MS };
}

async function startOnce(dataDir) {
  const port = await freePort();
  const begun = performance.now();
  const server = start(
    'dist/main.bundle.js',
    { DATA_DIR: dataDir, PORT: String(port), SAMPLE_DATA: 'false' },
    'ignore',
  );
  await isReady(`http://127.0.0.1:${port}/health/ready`, begun + TIMEOUT_MS, server);
  const ms = performance.now() - begun;
  await server.stop();
  return ms;
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
