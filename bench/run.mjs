// The benchmark: each contender on a PostgreSQL of its own, in turn, several rounds; see bench/README.md.
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import autocannon from 'autocannon';
import { CUSTOMER, startCluster, TEMPLATE } from './cluster.mjs';
import { cpuSeconds, residentMiB, startProcess } from './processes.mjs';

const { values: options } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, only: { type: 'string' } },
});
const ROUNDS = options.quick ? 2 : 5;
const SECONDS = options.quick ? 2 : 6;
const CONNECTIONS = options.quick ? [1, 64] : [1, 8, 32, 64];
const TENANTS = 1_000;

const issueBody = JSON.stringify({ license_template_id: TEMPLATE, customer_id: CUSTOMER });

/** Small tenants are many and large ones few: the first percent gets a third of the orders. */
const unequal = (tenants) => tenants[Math.floor(tenants.length * Math.random() ** 4)];

const SCENARIOS = [
  {
    name: 'issue, one tenant',
    connections: CONNECTIONS,
    contenders: ['ours', 'floor', 'raw'],
    request: issueFor(first),
  },
  {
    name: 'issue, 1,000 tenants',
    connections: [64],
    contenders: ['ours', 'floor', 'raw'],
    request: issueFor(unequal),
    unequal: true,
  },
  { name: 'issue with idempotency key', connections: [64], contenders: ['ours'], request: issueFor(first, true) },
  { name: 'get by id', connections: options.quick ? [1, 64] : [1, 64], contenders: ['ours', 'floor'], request: getOne },
  { name: 'list of 100', connections: [64], contenders: ['ours', 'floor'], request: listPage },
];

const contenders = { ours: await startOurs(), floor: await startFloor(), raw: await startRaw() };
const results = [];
try {
  for (const contender of Object.values(contenders)) await warmUp(contender);
  for (const scenario of SCENARIOS) {
    if (options.only && !scenario.name.includes(options.only)) continue;
    for (const connections of scenario.connections) results.push(await compare(scenario, connections));
  }
  const memory = await residentMiB(contenders.ours.process.pid);
  report(results, memory);
  await mkdir('bench/results', { recursive: true });
  await writeFile('bench/results/latest.json', `${JSON.stringify({ machine: machine(), results }, null, 2)}\n`);
} finally {
  for (const { process: child, cluster } of Object.values(contenders)) {
    await child.stop();
    await cluster.stop();
  }
}

async function startOurs() {
  const cluster = await startCluster(TENANTS);
  const environment = {
    DATA_DIR: cluster.dataDir,
    DATABASE_URL: cluster.applicationUrl,
    PORT: '0',
    LOG_LEVEL: 'log',
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith('DATABASE_POOL'))),
  };
  const child = await startProcess('dist/main.js', environment, /listens on (http:[^,]+),/);
  return { name: 'ours', cluster, process: child, url: child.address };
}

async function startFloor() {
  const cluster = await startCluster(TENANTS);
  const environment = { BENCH_URL: cluster.superuserUrl };
  const child = await startProcess('bench/contenders/floor.mjs', environment, /listens on (.+)$/);
  return { name: 'floor', cluster, process: child, url: child.address };
}

async function startRaw() {
  const cluster = await startCluster(TENANTS);
  const environment = {
    BENCH_URL: cluster.applicationUrl,
    BENCH_TENANTS: cluster.tenants.map(({ id }) => id).join(','),
  };
  const child = await startProcess('bench/contenders/raw.mjs', environment, /^ready$/);
  return { name: 'raw', cluster, process: child };
}

function first(tenants) {
  return tenants[0];
}

function headersFor({ id, key }) {
  return { 'x-tenant-id': id, authorization: `Bearer ${key}` };
}

function issueFor(pick, idempotent = false) {
  let count = 0;
  return (tenants) => ({
    setupRequest: (request) => {
      const headers = { ...headersFor(pick(tenants)), 'content-type': 'application/json' };
      if (idempotent) headers['idempotency-key'] = `${process.pid}-${++count}`;
      return { ...request, method: 'POST', path: '/v1/licenses', headers, body: issueBody };
    },
  });
}

function getOne(tenants, ids) {
  return {
    setupRequest: (request) => {
      const path = `/v1/licenses/${ids[Math.floor(ids.length * Math.random())]}`;
      return { ...request, method: 'GET', path, headers: headersFor(tenants[0]) };
    },
  };
}

function listPage(tenants) {
  return {
    setupRequest: (request) => ({
      ...request,
      method: 'GET',
      path: '/v1/licenses?limit=100',
      headers: headersFor(tenants[0]),
    }),
  };
}

async function warmUp(contender) {
  if (!contender.url) {
    await contender.process.ask({ connections: 64, seconds: 2, unequal: false });
    return;
  }
  const [tenant] = contender.cluster.tenants;
  const [answer] = [
    await fetch(`${contender.url}/v1/licenses`, {
      method: 'POST',
      headers: { ...headersFor(tenant), 'content-type': 'application/json' },
      body: issueBody,
    }),
  ];
  if (answer.status !== 201) throw new Error(`${contender.name} answered ${answer.status}: ${await answer.text()}`);
  await load(contender, SCENARIOS[0], 64, 2);
  const listed = await fetch(`${contender.url}/v1/licenses?limit=100`, { headers: headersFor(tenant) });
  contender.ids = (await listed.json()).data.map(({ license_id }) => license_id);
}

/** A B C A B C …, and the medians. */
async function compare(scenario, connections) {
  const runs = Object.fromEntries(scenario.contenders.map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of scenario.contenders)
      runs[name].push(await load(contenders[name], scenario, connections, SECONDS));
  }
  return { scenario: scenario.name, connections, runs };
}

async function load(contender, scenario, connections, seconds) {
  if (!contender.url) return contender.process.ask({ connections, seconds, unequal: scenario.unequal ?? false });
  const before = await cpuSeconds(contender.process.pid);
  const outcome = await autocannon({
    url: contender.url,
    connections,
    duration: seconds,
    requests: [scenario.request(contender.cluster.tenants, contender.ids)],
  });
  const cpu = (await cpuSeconds(contender.process.pid)) - before;
  const done = outcome['2xx'];
  if (outcome.non2xx > 0 || outcome.errors > 0) {
    throw new Error(`${contender.name}: ${outcome.non2xx} refused, ${outcome.errors} failed in "${scenario.name}".`);
  }
  return {
    rate: done / outcome.duration,
    p50: outcome.latency.p50,
    p99: outcome.latency.p99,
    cpuMs: (cpu * 1000) / done,
  };
}

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)] + sorted[Math.ceil((sorted.length - 1) / 2)]) / 2;
}

function machine() {
  return `${cpus().length} cores (${cpus()[0]?.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
}

function report(all, memory) {
  console.log(`\n${machine()}; ${ROUNDS} rounds of ${SECONDS} s; medians, in brackets the slowest and fastest round`);
  for (const { scenario, connections, runs } of all) {
    console.log(`\n${scenario}, ${connections} connection${connections === 1 ? '' : 's'}`);
    const rates = Object.fromEntries(
      Object.entries(runs).map(([name, rounds]) => [name, median(rounds.map(({ rate }) => rate))]),
    );
    for (const [name, rounds] of Object.entries(runs)) {
      const of = (field) => median(rounds.map((round) => round[field] ?? NaN));
      const every = rounds.map(({ rate }) => Math.round(rate));
      const ratio = name === 'ours' ? Object.keys(runs).filter((other) => other !== 'ours') : [];
      console.log(
        `  ${name.padEnd(6)} ${String(Math.round(rates[name])).padStart(6)}/s  [${Math.min(...every)} – ${Math.max(...every)}]` +
          `  p50 ${of('p50').toFixed(1)} ms  p99 ${of('p99').toFixed(1)} ms` +
          (Number.isNaN(of('cpuMs')) ? '' : `  CPU ${of('cpuMs').toFixed(2)} ms/request`) +
          ratio.map((other) => `  ${(rates.ours / rates[other]).toFixed(2)} × ${other}`).join(''),
      );
    }
  }
  console.log(`\nresident memory of ours at the end: ${memory} MiB\n`);
}
