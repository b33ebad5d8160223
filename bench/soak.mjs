// Full load for minutes: issues of 1,000 tenants, some with idempotency keys, and reads. Fails when memory is high or grows, when
// the outbox does not drain, or when a request took over a second that nothing on our side explains. `npm run soak -- --minutes 10`.
import { parseArgs } from 'node:util';
import { setTimeout as pause } from 'node:timers/promises';
import autocannon from 'autocannon';
import { runAndCleanUp } from './cleanup.mjs';
import { makeUsedSeed, startContender, warmUp } from './contenders.mjs';
import { outboxDrained, outboxRows } from './database.mjs';
import { showOnPage, writeJson } from './documents.mjs';
import { residentMiB } from './costs.mjs';
import { machine } from './report.mjs';
import { whole } from './tables.mjs';
import { get, issue, list } from './requests.mjs';
import { median, quantile, slope } from './statistics.mjs';
import { watchOwnStalls } from './stalls.mjs';

const TENANTS = 1_000;
const CONNECTIONS = 64;
const SAMPLE_MS = 1_000;
const MOST_MIB = 250;
const MOST_GROWTH = 0.1;
const SLOW_MS = 1_000;
const FULL_MINUTES = 10;
/** Memory is settled after two of ten minutes. */
const SETTLED = 0.2;
/** Share of the time whose median is compared at the beginning and at the end. */
const WINDOW = 0.05;

const { values: flags } = parseArgs({ options: { minutes: { type: 'string', default: String(FULL_MINUTES) } } });
const minutes = Number(flags.minutes);
if (!(minutes > 0)) throw new Error('--minutes takes a number, such as 10');

await runAndCleanUp(async () => {
  const ours = await startContender('ours', await makeUsedSeed(TENANTS));
  await warmUp(ours, 2);
  console.log(`Full load for ${minutes} minutes …`);
  const outcome = await soak(ours);
  const text = report(outcome);
  console.log(`\n${text}\n`);
  for (const fault of outcome.faults) console.log(`FAULT: ${fault}`);
  if (minutes >= FULL_MINUTES) {
    await writeJson('soak.json', outcome);
    await showOnPage('soak', text);
  }
  return outcome.faults.length === 0;
});

async function soak(ours) {
  const watching = { ended: false };
  const samples = sample(ours, watching);
  const stalls = watchOwnStalls();
  const load = await mixedLoad(ours);
  watching.ended = true;
  const explained = stalls.stop();
  const slow = load.slow.map((request) => ({ ...request, explained: explained(request) }));
  const drainMs = await outboxDrained(ours.cluster.monitor).catch(() => Infinity);
  const memory = memoryOf(await samples);
  const outcome = { at: new Date().toISOString(), machine: machine(), minutes, ...load, slow, memory, drainMs };
  return { ...outcome, faults: faultsOf(outcome) };
}

/** Of a hundred requests 60 issue, 10 of them with a key; 30 get one license and 10 list a page. */
function mixed(ours) {
  const draw = Math.random();
  if (draw < 0.6) return issue(ours, { ofAllTenants: true, idempotent: draw < 0.1 });
  return draw < 0.9 ? get(ours) : list(ours);
}

async function mixedLoad(ours) {
  const slow = [];
  const latencies = [];
  const begun = Date.now();
  const outcome = await new Promise((resolve, reject) => {
    const requests = [{ setupRequest: () => mixed(ours) }];
    const load = { url: ours.url, connections: CONNECTIONS, duration: minutes * 60, timeout: 30, requests };
    const tracker = autocannon(load, (error, result) => (error ? reject(error) : resolve(result)));
    tracker.on('response', (client, status, bytes, ms) => {
      latencies.push(ms);
      if (ms > SLOW_MS) slow.push({ afterS: (Date.now() - begun) / 1000, at: Date.now(), ms });
    });
  });
  const { duration, non2xx, errors } = outcome;
  const spent = { p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99), worst: quantile(latencies, 1) };
  return { rate: latencies.length / duration, ...spent, refused: non2xx, errors, slow };
}

async function sample({ process: child, cluster }, watching) {
  const samples = [];
  for (const begun = Date.now(); !watching.ended; await pause(SAMPLE_MS)) {
    const { now } = await residentMiB(child.pid);
    samples.push({ minute: (Date.now() - begun) / 60_000, mib: now, outbox: await outboxRows(cluster.monitor) });
  }
  return samples;
}

function memoryOf(samples) {
  const mib = samples.map((sample) => sample.mib);
  const span = Math.max(1, Math.round(samples.length * WINDOW));
  const settledAt = Math.floor(samples.length * SETTLED);
  const settled = samples.slice(settledAt);
  return {
    start: mib[0],
    settled: median(mib.slice(settledAt, settledAt + span)),
    median: median(mib),
    end: median(mib.slice(-span)),
    most: Math.max(...mib),
    slopeMibAMinute: slope(settled.map((sample) => [sample.minute, sample.mib])),
    outboxMedian: median(samples.map(({ outbox }) => outbox)),
    outboxMost: Math.max(...samples.map(({ outbox }) => outbox)),
  };
}

function faultsOf({ memory, drainMs, slow, refused, errors }) {
  const { most, settled, end } = memory;
  const unexplained = slow.filter(({ explained }) => !explained);
  return [
    ...(most > MOST_MIB ? [`${most} MiB resident, more than ${MOST_MIB}.`] : []),
    ...(end > settled * (1 + MOST_GROWTH) ? [`Memory grew from ${settled} to ${end} MiB.`] : []),
    ...(drainMs === Infinity ? ['The outbox did not drain.'] : []),
    ...(refused + errors > 0 ? [`${refused} requests were refused and ${errors} failed.`] : []),
    ...(unexplained.length > 0
      ? [`${unexplained.length} requests took over a second, the first ${when(unexplained[0])}.`]
      : []),
  ];
}

function when({ afterS, ms }) {
  return `${afterS.toFixed(1)} s after the start (${whole(ms)} ms)`;
}

function report({ machine: where, rate, p50, p99, worst, slow, memory, drainMs }) {
  const { start, settled, median: middle, end, most, slopeMibAMinute, outboxMedian, outboxMost } = memory;
  const explained = slow.filter((request) => request.explained).length;
  return [
    `${where}. ${minutes} minutes at ${CONNECTIONS} connections, 60 % issues of ${whole(TENANTS)} tenants, 30 % reads by id, 10 % pages of 100:`,
    `- ${whole(rate)} requests a second; p50 ${whole(p50)} ms, p99 ${whole(p99)} ms, worst ${whole(worst)} ms; ${slow.length} over a second, ${explained} of them while the load generator itself stood still${slow[0] ? `; the first ${when(slow[0])}` : ''}.`,
    `- Resident memory: ${start} MiB at the start, ${settled} when settled, median ${middle}, ${end} at the end, ${most} at most; the line through it rises by ${slopeMibAMinute.toFixed(2)} MiB a minute.`,
    `- Rows in the outbox: median ${whole(outboxMedian)}, at most ${whole(outboxMost)}; none ${whole(drainMs)} ms after the last order.`,
  ]
    .join('\n')
    .replace('\n', '\n\n');
}
