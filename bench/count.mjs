// Statements and transactions that PostgreSQL counts for a request. Statements that carry the bench's mark are not counted.
import { MARK, outboxDrained } from './database.mjs';
import { runLane } from './load.mjs';

/**
 * Statements and transactions of a request, counted over an exact number of requests outside the measured rounds. Where
 * nobody says BEGIN, each statement is a transaction of its own.
 */
export async function countStatements(lane, connections, amount) {
  const { monitor } = lane.contender.cluster;
  await track(monitor, 'top');
  await runLane(lane, { connections, amount: connections });
  await settle(lane);
  await monitor.query(`SELECT ${MARK} pg_stat_statements_reset()`);
  const { count } = await runLane(lane, { connections, amount: Math.max(connections, Math.round(amount)) });
  await settle(lane);
  const { rows } = await monitor.query(
    `SELECT sum(calls)::float AS statements,
            coalesce(sum(calls) FILTER (WHERE query ~* '^(COMMIT|ROLLBACK)'), 0)::float AS ended
     FROM pg_stat_statements WHERE query NOT LIKE '%${MARK}%'`,
  );
  await track(monitor, 'none');
  const [{ statements, ended }] = rows;
  return { statements: statements / count, transactions: (ended || statements) / count };
}

async function settle({ contender }) {
  if (contender.drains) await outboxDrained(contender.cluster.monitor);
}

async function track(monitor, what) {
  await monitor.query(`ALTER SYSTEM SET pg_stat_statements.track = '${what}'`);
  await monitor.query('SELECT pg_reload_conf()');
}
