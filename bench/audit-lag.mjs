// How long an event takes from its time until it can be read through the API, while licenses are issued at full speed. The log
// has no gaps, so whoever has read its newest seq could have read all before it: a reader asks for the newest event again and
// again and notes when it was answered. What it finds is the upper bound: its own waiting counts.
import { setTimeout as pause } from 'node:timers/promises';
import { outboxDrained, outboxRows } from './database.mjs';
import { drive } from './load.mjs';
import { headersOf, issue } from './requests.mjs';
import { median, quantile } from './statistics.mjs';

const CONNECTIONS = 64;
const LIMIT_MS = 250;
const OUTBOX_INTERVAL_MS = 200;

export async function measureAuditLag(contender, seconds) {
  const { monitor, tenants } = contender.cluster;
  const first = await newestSeq(contender);
  const watching = { ended: false };
  const sightings = watchLog(contender, watching);
  const outbox = watchOutbox(monitor, watching);
  const { rate } = await drive(contender, () => issue(contender), { connections: CONNECTIONS, seconds });
  const drainMs = await outboxDrained(monitor);
  watching.ended = true;
  const { rows } = await monitor.query(
    `SELECT seq::int, extract(epoch FROM created_at)::float * 1000 AS at FROM license_event_logs
     WHERE tenant_id = $1 AND seq > $2 ORDER BY seq`,
    [tenants[0].id, first],
  );
  const lags = lagsOf(rows, await sightings);
  const waiting = await outbox;
  const half = Math.floor(waiting.length / 2);
  return {
    connections: CONNECTIONS,
    events: rows.length,
    rate,
    limitMs: LIMIT_MS,
    share: { value: lags.filter((lag) => lag <= LIMIT_MS).length / lags.length, goal: 0.99 },
    p50: quantile(lags, 0.5),
    p99: quantile(lags, 0.99),
    worst: quantile(lags, 1),
    outbox: {
      firstHalf: median(waiting.slice(0, half)),
      secondHalf: median(waiting.slice(half)),
      most: Math.max(...waiting),
    },
    drainMs,
  };
}

/** Ends with a look after the load has ended, so that every event is seen. */
async function watchLog(contender, watching) {
  const sightings = [];
  for (let last = false; !last; await pause(1)) {
    last = watching.ended;
    const seq = await newestSeq(contender);
    sightings.push({ seq, at: Date.now() });
  }
  return sightings;
}

async function newestSeq({ url, cluster }) {
  const response = await fetch(`${url}/v1/license-events?order=desc&limit=1`, {
    headers: headersOf(cluster.tenants[0]),
  });
  return (await response.json()).data[0]?.seq ?? 0;
}

async function watchOutbox(monitor, watching) {
  const counts = [];
  for (; !watching.ended; await pause(OUTBOX_INTERVAL_MS)) counts.push(await outboxRows(monitor));
  return counts;
}

function lagsOf(events, sightings) {
  let at = 0;
  return events.map((event) => {
    while (sightings[at].seq < event.seq) at++;
    return sightings[at].at - event.at;
  });
}
