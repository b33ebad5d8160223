// The plan by which the server's own statement was executed, under its role and row-level security: auto_explain writes it to
// PostgreSQL's log while one request is answered.
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const APPLIES_MS = 200;

/** The plan of the slowest statement of the request, and what it took. */
export async function explain(contender, request) {
  const { dataDir, monitor } = contender.cluster;
  const log = join(dataDir, 'postgres.log');
  await logPlans(monitor, 0);
  // The sessions of the pool take the setting over when they next hear from their client.
  for (let at = 0; at < 30; at++) await ask(contender, request);
  const { size } = await stat(log);
  await ask(contender, request);
  await logPlans(monitor, -1);
  const said = (await readFile(log)).subarray(size).toString();
  const [slowest] = plansIn(said).sort((a, b) => b.ms - a.ms);
  if (!slowest) throw new Error(`There is no plan in ${log}.`);
  return slowest;
}

async function logPlans(monitor, minimumMs) {
  await monitor.query(`ALTER SYSTEM SET auto_explain.log_min_duration = ${minimumMs}`);
  await monitor.query('SELECT pg_reload_conf()');
  await pause(APPLIES_MS);
}

async function ask({ url, ...contender }, request) {
  const { path, headers } = request(contender);
  const answer = await fetch(url + path, { headers });
  await answer.text();
}

/** Entries of the log go on while lines begin with a tab. */
function plansIn(log) {
  const entries = log.matchAll(/duration: ([\d.]+) ms +plan:\n((?:\t.*\n?)+)/g);
  return [...entries]
    .map(([, ms, text]) => ({ ms: Number(ms), text: text.replace(/^\t/gm, '') }))
    .filter(({ text }) => /\b(licenses|license_event_logs|report_\w+)\b/.test(text))
    .map(({ ms, text }) => ({ ms, text, buffers: buffersOf(text), by: accessOf(text) }));
}

/** Pages of the whole statement: the first line of buffers is the top node's. */
function buffersOf(text) {
  const [line = ''] = /Buffers: shared.*/.exec(text) ?? [];
  return [...line.matchAll(/(?:hit|read)=(\d+)/g)].reduce((sum, [, pages]) => sum + Number(pages), 0);
}

/** How rows were found: by which indexes, by a scan of a whole table, and whether they had to be sorted. */
function accessOf(text) {
  const ways = text.matchAll(/using (\w+) on|Bitmap Index Scan on (\w+)|(Seq Scan on \w+)|(Sort) +\(/g);
  return [...new Set([...ways].map(([, index, bitmap, scan, sort]) => index ?? bitmap ?? scan ?? sort))].join(', ');
}
