// Offers a server four times what it can do and looks whether it stays live, answers health, refuses the rest with 503
// and recovers; then lets callers without a key do what they can, and looks whether others notice.
// `npm run overload`; takes about two minutes. Server and load share this machine.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import autocannon from 'autocannon';
import { ATTACKS } from './attacks.mjs';

const CONNECTIONS = 64;
const FLOOD_CONNECTIONS = 3_000;
const FACTOR = 4;
const HEALTH_INTERVAL_MS = 50;
const ATTACK_S = 6;
const CALLS_PER_SECOND = 25;
const GOALS = { memoryMiB: 400, healthMs: 1_000, rate: 0.8, settleMs: 15_000 };

const dataDir = await mkdtemp(join(tmpdir(), 'imprimatur-overload-'));
let server = start();
const only = process.argv[2];
try {
  if (only !== 'attacks') await flood(await addressOf(server));
  if (only === undefined) {
    await stop(server);
    server = start();
  }
  if (only !== 'flood') await attacks();
} finally {
  await stop(server);
  await rm(dataDir, { recursive: true, force: true });
}

async function attacks() {
  const url = await addressOf(server);
  await pause(1_000);
  console.log(
    `goals        memory ≤ ${GOALS.memoryMiB} MiB, health ≤ ${GOALS.healthMs} ms, others ≥ ${GOALS.rate} of their rate, ` +
      'descriptors back to where they were\n',
  );
  for (const name of Object.keys(ATTACKS)) if (!(await withstands(name, url))) process.exitCode = 1;
}

async function flood(url) {
  const load = {
    url: `${url}/v1/licenses`,
    method: 'POST',
    headers: {
      Authorization: `Bearer ${(await readFile(join(dataDir, 'admin.key'), 'utf8')).trim()}`,
      'Content-Type': 'application/json',
    },
    body: JSON.stringify({ license_template_id: 'professional-isp', customer_id: 'customer-001' }),
    timeout: 30,
    workers: 1,
  };
  await autocannon({ ...load, connections: CONNECTIONS, duration: 3 });
  const before = await autocannon({ ...load, connections: CONNECTIONS, duration: 8 });
  const capacity = before['2xx'] / before.duration;

  const offered = Math.round(capacity * FACTOR);
  const health = watchHealth(url);
  const flood = await autocannon({ ...load, connections: FLOOD_CONNECTIONS, overallRate: offered, duration: 10 });
  const { answered, failed, latencies } = await health.stop();
  const memory = await residentMiB(server.pid);

  await autocannon({ ...load, connections: CONNECTIONS, duration: 1 });
  const after = await autocannon({ ...load, connections: CONNECTIONS, duration: 5 });
  const recovered = after['2xx'] / after.duration;
  const refused = flood.statusCodeStats['503']?.count ?? 0;
  const odd = flood['4xx'] + flood['5xx'] - refused + flood.errors;

  console.log(`
machine      ${cpus().length} cores (${cpus()[0]?.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}
capacity     ${perSecond(capacity)} issues/s at ${CONNECTIONS} connections
offered      ${perSecond(offered)}/s over ${FLOOD_CONNECTIONS} connections for ${Math.round(flood.duration)} s
  issued     ${perSecond(flood['2xx'] / flood.duration)}/s
  503        ${perSecond(refused / flood.duration)}/s
  other      ${odd}
health       ${answered} of ${answered + failed} answered 200; p50 ${at(latencies, 0.5)} ms, p99 ${at(latencies, 0.99)} ms, worst ${at(latencies, 1)} ms
memory       ${memory} MiB resident at the end of the flood
afterwards   ${perSecond(recovered)} issues/s, ${(recovered / capacity).toFixed(2)} of before
`);
  if (failed > 0 || odd > 0 || recovered < capacity / 2) process.exitCode = 1;
}

function start() {
  return spawn(process.execPath, [resolve('dist/main.bundle.js')], {
    env: { PATH: process.env.PATH, DATA_DIR: dataDir, PORT: '0', LOG_LEVEL: 'error' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}

/** Runs one attack while others call, prints what came of it, and returns whether every goal was met. */
async function withstands(name, url) {
  const key = (await readFile(join(dataDir, 'admin.key'), 'utf8')).trim();
  const descriptorsBefore = await descriptors(server.pid);
  const alone = await callSteadily(url, key, 2);
  const health = watchHealth(url);
  const memory = watchMemory(server.pid);
  const worker = new Worker(new URL('./attacks.mjs', import.meta.url), {
    workerData: { attack: { name, port: Number(new URL(url).port), seconds: ATTACK_S } },
  });
  const ended = once(worker, 'message');
  await pause(500);
  const attacked = await callSteadily(url, key, ATTACK_S - 1.5);
  const [runs] = await ended;
  await worker.terminate();
  const { failed, latencies } = await health.stop();
  const peak = await memory.stop();
  const settled = performance.now() + GOALS.settleMs;
  const descriptorsMore = async () => (await descriptors(server.pid)) - descriptorsBefore;
  // The pool of the database may have grown by calls that came together.
  while ((await descriptorsMore()) > 10 && performance.now() < settled) await pause(250);
  const left = await descriptorsMore();
  const worst = at(latencies, 1);
  const share = attacked / alone;
  const isMet = failed === 0 && worst <= GOALS.healthMs && peak <= GOALS.memoryMiB && share >= GOALS.rate && left <= 10;
  console.log(
    `${name.padEnd(28)} ${String(runs).padStart(6)} times: memory ${String(peak).padStart(4)} MiB, health worst ${String(worst).padStart(5)} ms` +
      `${failed > 0 ? ` (${failed} failed)` : ''}, others ${share.toFixed(2)}, descriptors ${left > 0 ? '+' : ''}${left}${isMet ? '' : '   MISSED'}`,
  );
  return isMet;
}

/** Calls at a fixed pace. Returns how many a second were answered 200 within a second. */
async function callSteadily(url, key, seconds) {
  const calls = [];
  const agent = new Agent({ keepAlive: true, maxSockets: 20 });
  const begun = performance.now();
  for (let sent = 0; sent < seconds * CALLS_PER_SECOND; sent++) {
    const wait = begun + (sent * 1_000) / CALLS_PER_SECOND - performance.now();
    if (wait > 0) await pause(wait);
    calls.push(call(`${url}/v1/products?limit=1`, key, agent));
  }
  const answered = await Promise.all(calls);
  agent.destroy();
  return answered.filter(Boolean).length / seconds;
}

function call(url, key, agent) {
  return new Promise((answered) => {
    const headers = { Authorization: `Bearer ${key}` };
    get(url, { agent, headers, signal: AbortSignal.timeout(1_000) }, (response) => {
      response.resume();
      answered(response.statusCode === 200);
    }).on('error', () => answered(false));
  });
}

async function descriptors(pid) {
  return (await readdir(`/proc/${pid}/fd`).catch(() => [])).length;
}

function watchMemory(pid) {
  let peak = 0;
  let watching = true;
  const watch = (async () => {
    for (; watching; await pause(100)) peak = Math.max(peak, await residentMiB(pid));
  })();
  return {
    async stop() {
      watching = false;
      await watch;
      return peak;
    },
  };
}

async function addressOf(child) {
  let output = '';
  for await (const chunk of child.stdout) {
    output += chunk;
    const [, address] = /API +(http:\/\/\S+)\/v1/.exec(output) ?? [];
    if (address) {
      child.stdout.resume();
      return address;
    }
  }
  throw new Error(`The server did not start: ${output}`);
}

function watchHealth(url) {
  const result = { answered: 0, failed: 0, latencies: [] };
  let watching = true;
  const watch = (async () => {
    for (; watching; await pause(HEALTH_INTERVAL_MS)) {
      const begun = performance.now();
      const status = await fetch(`${url}/health/live`, { signal: AbortSignal.timeout(10_000) }).then(
        (response) => response.text().then(() => response.status),
        () => 0,
      );
      result[status === 200 ? 'answered' : 'failed']++;
      result.latencies.push(performance.now() - begun);
    }
  })();
  return {
    async stop() {
      watching = false;
      await watch;
      return result;
    },
  };
}

function at(latencies, share) {
  const sorted = [...latencies].sort((a, b) => a - b);
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
}

function perSecond(rate) {
  return Math.round(rate).toLocaleString('en');
}

async function residentMiB(pid) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
}
