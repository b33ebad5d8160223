// A batch of 10,000 orders in one request, against the same rows by one bare INSERT … SELECT in one transaction.
import { CUSTOMER, TEMPLATE } from './cluster.mjs';
import { ISSUE_MANY } from './contenders/statements.mjs';
import { outboxDrained } from './database.mjs';
import { headersOf, ORDER } from './requests.mjs';
import { spread } from './statistics.mjs';

const SIZE = 10_000;
const GOAL = 0.4;
const PATH = '/v1/licenses:batch-issue';

/** Undefined where the server has no such route. The bare rows go into the floor's database, where nothing moves the events on. */
export async function compareBatch({ ours, floor }, rounds) {
  if (!(await hasRoute(ours.url))) return undefined;
  const runs = [];
  for (let round = 0; round < rounds + 1; round++) {
    const oursMs = await timed(() => sendBatch(ours));
    const drainMs = await outboxDrained(ours.cluster.monitor);
    runs.push({ oursMs, drainMs, bareMs: await timed(() => insertBare(floor.cluster)) });
  }
  const measured = runs.slice(1);
  return {
    size: SIZE,
    ours: spread(measured.map(({ oursMs }) => (SIZE * 1000) / oursMs)),
    bare: spread(measured.map(({ bareMs }) => (SIZE * 1000) / bareMs)),
    ratio: { ...spread(measured.map(({ oursMs, bareMs }) => bareMs / oursMs)), goal: GOAL },
    drainMs: spread(measured.map(({ drainMs }) => drainMs)).median,
  };
}

async function hasRoute(url) {
  const response = await fetch(`${url}/openapi.json`);
  return (await response.json()).paths[PATH] !== undefined;
}

async function sendBatch({ url, cluster }) {
  const headers = { ...headersOf(cluster.tenants[0]), 'content-type': 'application/x-ndjson' };
  const body = `${ORDER}\n`.repeat(SIZE);
  const response = await fetch(url + PATH, { method: 'POST', headers, body });
  const lines = (await response.text()).trim().split('\n');
  const issued = lines.filter((line) => line.includes('"license_key"')).length;
  if (issued !== SIZE)
    throw new Error(`The batch was answered ${response.status} with ${issued} licenses: ${lines[0]}`);
}

async function insertBare({ monitor, tenants }) {
  const { rows } = await monitor.query({ ...ISSUE_MANY, values: [tenants[0].id, TEMPLATE, SIZE, CUSTOMER] });
  if (rows[0].count !== SIZE) throw new Error(`${rows[0].count} rows were inserted.`);
}

async function timed(work) {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}
