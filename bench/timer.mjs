// Milestones of very many licenses that are all due at once, as after a long stop: two servers on one database record it.
// Fails when a license is told of wrongly, twice or not at all, when something is still due, or when memory is high.
// `npm run bench:timer -- --licenses 100000`.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { runAndCleanUp } from './cleanup.mjs';
import { openCluster } from './cluster.mjs';
import { makeUsedSeed, runOn } from './contenders.mjs';
import { outboxRows } from './database.mjs';
import { cpuSeconds, postgresCpuSeconds, residentMiB } from './costs.mjs';
import { machine } from './report.mjs';
import { milliseconds, table, whole } from './tables.mjs';
import { COLUMNS } from './scale/fill.mjs';
import { walPosition } from './scale/wal.mjs';
import { median } from './statistics.mjs';

const TENANTS = 5;
const SERVERS = ['one', 'two'];
const SAMPLE_MS = 1_000;
const MOST_MIB = 250;
/** After them what renews itself would have expired, and be renewed from another time on. */
const MOST_MINUTES = 50;

const { values: flags } = parseArgs({ options: { licenses: { type: 'string', default: '1000000' } } });
const licenses = Number(flags.licenses);
if (!(Number.isInteger(licenses) && licenses > 0)) throw new Error('--licenses takes a number, such as 100000');

/** When they expire; from then on, when the first thing is due that is not told and when the next one will be; what is told. */
const KINDS = `(VALUES
  (0, 'expired', interval '-3 days', false, interval '0', interval '30 days', '{license.expired}'::text[]),
  (1, 'past their grace', '-33 days', false, '30 days', NULL, '{license.grace_ended}'),
  (2, 'both since', '-33 days', false, '0', NULL, '{license.expired, license.grace_ended}'),
  (3, 'due for a reminder', '20 days', false, '-30 days', '-14 days', '{license.renewal_due}'),
  (4, 'renew themselves', '59 minutes', true, '-1 hour', '335 days', '{license.renewed}')
) AS kind (at, kind, expires_in, renews_itself, due_after, next_after, events)`;

/** The greatest tenant has two thirds. What is due one after the other does not lie side by side. */
const PLAN = `
  CREATE UNLOGGED TABLE plan AS
  SELECT tenant_id, license_id, kind, renews_itself, expiry_date, expiry_date + due_after AS due_at,
         expiry_date + next_after AS next_due_at, events
  FROM (SELECT 'tenant-' || lpad(floor(${TENANTS} * random() ^ 4)::text, 4, '0') AS tenant_id, uuidv7() AS license_id, kind.*,
               (now() + expires_in - random() * interval '5 minutes')::timestamptz(3) AS expiry_date
        FROM generate_series(0, ${licenses - 1}) n JOIN ${KINDS} ON kind.at = n % 5) AS drawn
  UNION ALL SELECT tenant_id, license_id, 'not due', NULL, NULL, NULL, next_due_at, '{}' FROM licenses`;

/** Columns in which a copy differs. */
const CHANGED = {
  tenant_id: 'plan.tenant_id',
  license_id: 'plan.license_id',
  expiry_date: 'plan.expiry_date',
  maintenance_expiry: 'plan.expiry_date',
  auto_renewal_enabled: 'plan.renews_itself',
  next_due_at: 'plan.due_at',
};
const names = COLUMNS.split(/,\s+/);
const COPY = `
  INSERT INTO licenses (${COLUMNS}) SELECT ${names.map((name) => CHANGED[name] ?? `license.${name}`).join(', ')}
  FROM plan, (SELECT * FROM licenses LIMIT 1) AS license WHERE due_at IS NOT NULL`;

/** Of each tenant the first by the index, so that looking costs the servers little. */
const DUE = `
  SELECT coalesce(bool_or(first <= now()), false) AS due FROM tenants, LATERAL (
    SELECT min(next_due_at) AS first FROM licenses WHERE tenant_id = tenants.id AND status = 'ACTIVE') AS of_tenant`;

/** Of each license, the events in the order of the log. */
const CHECK = `
  WITH told AS (
    SELECT tenant_id, license_id, array_agg(event_type ORDER BY seq, id) AS events
    FROM (SELECT tenant_id, license_id, event_type, id, seq FROM license_event_logs
          UNION ALL SELECT tenant_id, license_id, event_type, id, NULL FROM outbox) AS each
    WHERE license_id IS NOT NULL AND event_type <> 'license.created' GROUP BY tenant_id, license_id)
  SELECT kind, count(*)::float AS licenses, coalesce(sum(cardinality(told.events)), 0)::float AS told,
         count(*) FILTER (WHERE coalesce(told.events, '{}') <> plan.events)::float AS told_wrongly,
         count(*) FILTER (WHERE licenses.next_due_at IS DISTINCT FROM plan.next_due_at)::float AS next_wrongly,
         count(*) FILTER (WHERE licenses.next_due_at <= now())::float AS still_due
  FROM plan LEFT JOIN licenses USING (tenant_id, license_id) LEFT JOIN told USING (tenant_id, license_id)
  GROUP BY kind ORDER BY kind`;

await runAndCleanUp(async () => {
  const cluster = await fill();
  console.log('Two servers are started …');
  const outcome = await recorded(cluster);
  const faults = faultsOf(outcome);
  console.log(`\n${report(outcome)}\n`);
  for (const fault of faults) console.log(`FAULT: ${fault}`);
  return faults.length === 0;
});

async function fill() {
  const { dataDir, tenants } = await makeUsedSeed(TENANTS);
  const cluster = await openCluster(dataDir, tenants);
  console.log(`${whole(licenses)} licenses are made …`);
  // Where days have 24 hours, as for the server.
  await cluster.monitor.query(`SET timezone = 'UTC'; SET synchronous_commit = off`);
  await cluster.monitor.query(PLAN);
  await cluster.monitor.query(COPY);
  await cluster.monitor.query('VACUUM ANALYZE');
  await cluster.monitor.query('CHECKPOINT');
  return cluster;
}

async function recorded(cluster) {
  const { monitor, postmasterPid } = cluster;
  const [wal, cpu] = [await walPosition(monitor), await postgresCpuSeconds(postmasterPid)];
  const begun = performance.now();
  const servers = await Promise.all(SERVERS.map((name) => startServer(cluster, name)));
  const samples = await sampleUntilDone(monitor, servers, begun + MOST_MINUTES * 60_000);
  return {
    seconds: (performance.now() - begun) / 1000,
    samples,
    postgresCpu: (await postgresCpuSeconds(postmasterPid)) - cpu,
    walBytes: await walBytesSince(monitor, wal),
    servers: await Promise.all(servers.map((server, at) => summaryOf(server, samples, at))),
    kinds: (await monitor.query(CHECK)).rows,
  };
}

/** Each with a log of its own, and with the keys of both. */
async function startServer(cluster, name) {
  const dataDir = join(cluster.dataDir, name);
  await mkdir(dataDir);
  const { process: child } = await runOn('ours', { ...cluster, dataDir }, { DATA_DIR: cluster.dataDir });
  return { ...child, name };
}

async function sampleUntilDone(monitor, servers, deadline) {
  const samples = [];
  for (let done = false; !done && performance.now() < deadline; await pause(SAMPLE_MS)) {
    const mib = await Promise.all(servers.map(async ({ pid }) => (await residentMiB(pid)).now));
    const { rows } = await monitor.query(DUE);
    const waiting = await outboxRows(monitor);
    samples.push({ mib, waiting });
    done = !rows[0].due && waiting === 0;
    const dead = servers.find((server) => !server.isAlive());
    if (dead) throw new Error(`Server ${dead.name} ended.`);
  }
  return samples;
}

async function summaryOf({ name, pid }, samples, at) {
  const mib = samples.map((sample) => sample.mib[at]);
  const { now, peak } = await residentMiB(pid);
  return { name, cpu: await cpuSeconds(pid), start: mib[0], median: median(mib), most: peak, end: now };
}

async function walBytesSince(monitor, begin) {
  const { rows } = await monitor.query('SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), $1)::float AS bytes', [
    begin,
  ]);
  return rows[0].bytes;
}

function faultsOf({ kinds, servers, samples }) {
  const { waiting } = samples.at(-1);
  const sum = (field) => kinds.reduce((total, kind) => total + kind[field], 0);
  const fat = servers.filter(({ most }) => most > MOST_MIB);
  return [
    ...(sum('told_wrongly') > 0 ? [`${whole(sum('told_wrongly'))} licenses are told of wrongly.`] : []),
    ...(sum('next_wrongly') > 0 ? [`${whole(sum('next_wrongly'))} are due next at a wrong time.`] : []),
    ...(sum('still_due') > 0 ? [`${whole(sum('still_due'))} are still due.`] : []),
    ...(waiting > 0 ? [`${whole(waiting)} events did not get into the log.`] : []),
    ...fat.map(({ name, most }) => `${most} MiB resident in server ${name}, more than ${MOST_MIB}.`),
  ];
}

function report({ seconds, samples, kinds, servers, postgresCpu, walBytes }) {
  const most = Math.max(...samples.map(({ waiting }) => waiting));
  const cpu = servers.reduce((sum, server) => sum + server.cpu, 0);
  const costs = `${milliseconds((cpu * 1000) / licenses)} ms of CPU in Node, ${milliseconds((postgresCpu * 1000) / licenses)} in PostgreSQL and ${whole(walBytes / licenses)} bytes of WAL`;
  const told = kinds.map((kind) => [
    kind.kind,
    ...['licenses', 'told', 'told_wrongly', 'next_wrongly', 'still_due'].map((field) => whole(kind[field])),
  ]);
  const memory = servers.map(({ name, cpu, ...mib }) => [
    name,
    whole(cpu),
    ...['start', 'median', 'most', 'end'].map((field) => whole(mib[field])),
  ]);
  return [
    `${machine()}. ${whole(licenses)} licenses of ${TENANTS} tenants, all due, and two servers: ${whole(seconds)} s from their start until everything was in the log, ${whole(licenses / seconds)} licenses a second. A license took ${costs}. At most ${whole(most)} events waited for the log.`,
    table(['', 'licenses', 'events', 'told wrongly', 'next due wrongly', 'still due'], told),
    table(['server', 'CPU s', 'MiB at the start', 'median', 'most', 'end'], memory),
  ].join('\n\n');
}
