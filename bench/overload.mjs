// Offers a server four times what it can do and looks whether it stays live, answers health, refuses the rest with 503
// and recovers. `npm run overload`; takes about half a minute. Server and load share this machine.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import autocannon from 'autocannon';

const CONNECTIONS = 64;
const FLOOD_CONNECTIONS = 3_000;
const FACTOR = 4;
const HEALTH_INTERVAL_MS = 50;

const dataDir = await mkdtemp(join(tmpdir(), 'imprimatur-overload-'));
const server = spawn(process.execPath, [resolve('dist/main.js')], {
  env: { PATH: process.env.PATH, DATA_DIR: dataDir, PORT: '0', LOG_LEVEL: 'error' },
  stdio: ['ignore', 'pipe', 'inherit'],
});
const ended = new Promise((done) => server.once('exit', done));
try {
  const url = await addressOf(server);
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
} finally {
  server.kill('SIGTERM');
  await ended;
  await rm(dataDir, { recursive: true, force: true });
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
