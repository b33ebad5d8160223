// Cost of a run of lead-to-customer, runs that end in a second, and the share of its rate that issuing keeps beside runs that wait. CPU is that of the
// server, its engine's thread included, and of PostgreSQL.
import { setTimeout as pause } from 'node:timers/promises';
import { cpuSeconds, postgresCpuSeconds } from './costs.mjs';
import { TEMPLATE } from './cluster.mjs';
import { drive } from './load.mjs';
import { headersOf, issue } from './requests.mjs';

const RUNS = 300;
const WAITING_RUNS = 1_000;
const STARTS_AT_ONCE = 16;
const IDLE_MS = 5_000;
const CONNECTIONS = 64;
const TIMEOUT_MS = 120_000;

export async function measureWorkflows(contender, seconds) {
  const idle = await costOf(contender, () => pause(IDLE_MS));
  // The library is loaded at the first start, and the first runs are compiled.
  await startRuns(contender, STARTS_AT_ONCE, {});
  await untilNone(contender, 'RUNNING');
  const busy = await costOf(contender, async () => {
    await startRuns(contender, RUNS, {});
    await untilNone(contender, 'RUNNING');
  });
  const alone = await issueRate(contender, seconds);
  await startRuns(contender, WAITING_RUNS, { approval: true });
  await untilNone(contender, 'RUNNING');
  const waiting = await costOf(contender, () => pause(IDLE_MS));
  const beside = await issueRate(contender, seconds);
  return {
    runs: RUNS,
    perSecond: { value: RUNS / busy.elapsedS, goal: 30 },
    cpuMsPerRun: { value: (1_000 * busy.cpuS) / RUNS, goal: 20 },
    idleCpuMsPerS: (1_000 * idle.cpuS) / idle.elapsedS,
    waitingRuns: WAITING_RUNS,
    waitingCpuMsPerS: (1_000 * waiting.cpuS) / waiting.elapsedS,
    issueRatio: { value: beside / alone, goal: 0.95 },
  };
}

async function issueRate(contender, seconds) {
  return (await drive(contender, () => issue(contender), { connections: CONNECTIONS, seconds })).rate;
}

async function startRuns({ url, cluster }, count, more) {
  const [tenant] = cluster.tenants;
  let left = count;
  const startSome = async () => {
    while (left-- > 0) {
      const input = { lead: { last_name: 'Roe' }, license_template_id: TEMPLATE, welcome: false, ...more };
      const response = await fetch(`${url}/v1/workflow-runs`, {
        method: 'POST',
        headers: { ...headersOf(tenant), 'Content-Type': 'application/json' },
        body: JSON.stringify({ workflow: 'lead-to-customer', input }),
      });
      if (response.status !== 202) throw new Error(`A start was answered ${response.status}: ${await response.text()}`);
      await response.arrayBuffer();
    }
  };
  await Promise.all(Array.from({ length: STARTS_AT_ONCE }, startSome));
}

async function untilNone({ cluster }, state) {
  for (const deadline = Date.now() + TIMEOUT_MS; Date.now() < deadline; await pause(50)) {
    const { rowCount } = await cluster.monitor.query('SELECT 1 FROM workflow_runs WHERE state = $1 LIMIT 1', [state]);
    if (rowCount === 0) return;
  }
  throw new Error(`Runs stay ${state}.`);
}

async function costOf({ process: child, cluster }, work) {
  const cpu = async () => (await cpuSeconds(child.pid)) + (await postgresCpuSeconds(cluster.postmasterPid));
  const [before, begun] = [await cpu(), performance.now()];
  await work();
  return { elapsedS: (performance.now() - begun) / 1_000, cpuS: (await cpu()) - before };
}
