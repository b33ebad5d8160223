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
  const { url } = contender;
  const [tenant] = contender.cluster.tenants;
  const idle = await costOf(contender, () => pause(IDLE_MS));
  // The library is loaded at the first start, and the first runs are compiled.
  await startRuns(url, tenant, STARTS_AT_ONCE, {});
  await untilNone(url, tenant, 'RUNNING');
  const busy = await costOf(contender, async () => {
    await startRuns(url, tenant, RUNS, {});
    await untilNone(url, tenant, 'RUNNING');
  });
  const alone = await issueRate(contender, seconds);
  await startWaitingRuns(url, tenant);
  const waiting = await costOf(contender, () => pause(IDLE_MS));
  const beside = await issueRate(contender, seconds);
  await cancelWaitingRuns(url, tenant);
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

/** Starts runs that wait for an approval, and returns when all of them wait. */
export async function startWaitingRuns(url, tenant) {
  await startRuns(url, tenant, WAITING_RUNS, { approval: true });
  await untilNone(url, tenant, 'RUNNING');
}

/** Waiting runs would count for what is measured later. */
async function cancelWaitingRuns(url, tenant) {
  const runs = [];
  for (let page = {}; page.next_cursor !== null; runs.push(...page.data))
    page = await call(
      url,
      tenant,
      'GET',
      `?state=WAITING&limit=100${page.next_cursor ? `&cursor=${page.next_cursor}` : ''}`,
    );
  for (const { run_id } of runs) await call(url, tenant, 'POST', `/${run_id}/cancel`, {});
  for (const state of ['WAITING', 'RUNNING']) await untilNone(url, tenant, state);
}

async function startRuns(url, tenant, count, more) {
  let left = count;
  const startSome = async () => {
    while (left-- > 0) {
      const input = { lead: { last_name: 'Roe' }, license_template_id: TEMPLATE, welcome: false, ...more };
      await call(url, tenant, 'POST', '', { workflow: 'lead-to-customer', input });
    }
  };
  await Promise.all(Array.from({ length: STARTS_AT_ONCE }, startSome));
}

async function untilNone(url, tenant, state) {
  for (const deadline = Date.now() + TIMEOUT_MS; Date.now() < deadline; await pause(50)) {
    const { data } = await call(url, tenant, 'GET', `?state=${state}&limit=1`);
    if (data.length === 0) return;
  }
  throw new Error(`Runs stay ${state}.`);
}

async function call(url, tenant, method, path, body) {
  const response = await fetch(`${url}/v1/workflow-runs${path}`, {
    method,
    headers: { ...headersOf(tenant), ...(body && { 'Content-Type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${path} was answered ${response.status}: ${await response.text()}`);
  return response.json();
}

async function costOf({ process: child, cluster }, work) {
  const cpu = async () => (await cpuSeconds(child.pid)) + (await postgresCpuSeconds(cluster.postmasterPid));
  const [before, begun] = [await cpu(), performance.now()];
  await work();
  return { elapsedS: (performance.now() - begun) / 1_000, cpuS: (await cpu()) - before };
}
