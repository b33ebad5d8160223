// Costs of a request that can be counted, over an exact number of requests outside the measured rounds: they repeat where rates do not.
import { fileWritesBetween, fileWritesByProcess } from './costs.mjs';
import { MARK, outboxDrained } from './database.mjs';
import { runLane } from './load.mjs';

/** Of three windows the one in the middle is taken, because timers of the server work in one now and then. */
const WINDOWS = 3;
/** Requests of a window, at least. */
const LEAST = 100;

/**
 * Counts of one request, with what is left to do after it. Statements and transactions by PostgreSQL, without those that carry the bench's
 * mark; where nobody says BEGIN, each statement is a transaction of its own. The rest by the contender itself, see contenders/probe.mjs.
 */
export async function countCosts(lane, connections, amount) {
  const { monitor } = lane.contender.cluster;
  await track(monitor, 'top');
  await runLane(lane, { connections, amount: connections });
  await settle(lane);
  const windows = [];
  const each = Math.max(connections, LEAST, Math.round(amount));
  for (let at = 0; at < WINDOWS; at++) windows.push(await countWindow(lane, connections, each));
  await track(monitor, 'none');
  windows.sort((one, other) => one.statements - other.statements);
  return windows[Math.floor(WINDOWS / 2)];
}

async function countWindow(lane, connections, amount) {
  const { process: child, cluster } = lane.contender;
  const { monitor, postmasterPid } = cluster;
  await monitor.query(`SELECT ${MARK} pg_stat_statements_reset()`);
  await child.probe('begin');
  const before = await fileWritesByProcess(postmasterPid);
  const { count } = await runLane(lane, { connections, amount });
  await settle(lane);
  const counted = await child.probe('end');
  const fileWrites = fileWritesBetween(before, await fileWritesByProcess(postmasterPid));
  const { rows } = await monitor.query(
    `SELECT sum(calls)::float AS statements,
            coalesce(sum(calls) FILTER (WHERE query ~* '^(COMMIT|ROLLBACK)'), 0)::float AS ended
     FROM pg_stat_statements WHERE query NOT LIKE '%${MARK}%'`,
  );
  const [{ statements, ended }] = rows;
  const counts = { statements, transactions: ended || statements, ...counted, fileWrites };
  return Object.fromEntries(Object.entries(counts).map(([name, total]) => [name, (total ?? NaN) / count]));
}

async function settle({ contender }) {
  if (contender.drains) await outboxDrained(contender.cluster.monitor);
}

async function track(monitor, what) {
  await monitor.query(`ALTER SYSTEM SET pg_stat_statements.track = '${what}'`);
  await monitor.query('SELECT pg_reload_conf()');
}
