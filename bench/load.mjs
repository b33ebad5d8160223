// One run of load against one contender, and what it cost whom. The load comes from this process, which does nothing else meanwhile.
import autocannon from 'autocannon';
import { outboxDrained, quiet } from './database.mjs';
import { cpuSeconds, postgresCpuSeconds } from './costs.mjs';
import { quantile } from './statistics.mjs';

/** Autocannon ends a run at a sample, and samples every second unless told. */
const SAMPLE_MS = 100;

export const WARM_UP_CONNECTIONS = 64;
const SETTLE_SECONDS = 0.3;

/** Lane: who does what. Rates are of answers. CPU is of requests that were sent, and includes what is left to do after them. */
export async function measure(lane, { connections, seconds }) {
  const { process: child, cluster, drains } = lane.contender;
  const before = await cpuOf(child.pid, cluster.postmasterPid);
  const run = await runLane(lane, { connections, seconds });
  const drainMs = drains ? await outboxDrained(cluster.monitor) : undefined;
  const after = await cpuOf(child.pid, cluster.postmasterPid);
  return {
    ...run,
    nodeCpuMs: ((after.node - before.node) * 1000) / run.sent,
    postgresCpuMs: ((after.postgres - before.postgres) * 1000) / run.sent,
    generatorCpuMs: ((after.generator - before.generator) * 1000) / run.sent,
    drainMs,
  };
}

/**
 * A server that is called all day has compiled what is called. Over one connection that would take minutes, so all lanes are warmed up over
 * many, then shortly over those that are measured.
 */
export async function warmUpLane(lane, { connections, seconds }) {
  await runLane(lane, { connections: Math.max(connections, WARM_UP_CONNECTIONS), seconds });
  if (connections < WARM_UP_CONNECTIONS) await runLane(lane, { connections, seconds: SETTLE_SECONDS });
}

/** By time, or an exact `amount` of requests. */
export function runLane({ contender, request, traffic }, limits) {
  if (!contender.url) return contender.process.ask({ ...traffic, ...limits });
  return drive(contender, request, { ...limits, refusals: traffic?.refusals });
}

/**
 * Latencies are taken here, because autocannon's own histogram counts whole milliseconds. Where the traffic has `refusals`, answers 409
 * are answers.
 */
export async function drive(contender, request, { connections, seconds, amount, refusals }) {
  const latencies = [];
  const begun = performance.now();
  const outcome = await new Promise((resolve, reject) => {
    const tracker = autocannon(
      {
        url: contender.url,
        connections,
        sampleInt: SAMPLE_MS,
        timeout: 30,
        ...(amount === undefined ? { duration: seconds } : { amount }),
        requests: [{ setupRequest: () => request(contender) }],
      },
      (error, result) => (error ? reject(error) : resolve(result)),
    );
    tracker.on('response', (client, status, bytes, latencyMs) => latencies.push(latencyMs));
  });
  const elapsed = (performance.now() - begun) / 1000;
  // It hung up on requests that were under way. They end by themselves, and not in somebody else's time.
  await quiet(contender.cluster.monitor);
  const expected = refusals === undefined ? 0 : (outcome.statusCodeStats['409']?.count ?? 0);
  if (outcome.non2xx > expected || outcome.errors > 0) {
    const statuses = JSON.stringify(outcome.statusCodeStats);
    throw new Error(
      `${contender.name} refused ${outcome.non2xx} and failed in ${outcome.errors} requests: ${statuses}`,
    );
  }
  return { sent: outcome.requests.sent, ...summary(latencies, elapsed) };
}

function summary(latencies, seconds) {
  const at = (share) => quantile(latencies, share);
  return { count: latencies.length, rate: latencies.length / seconds, p50: at(0.5), p99: at(0.99), worst: at(1) };
}

async function cpuOf(nodePid, postmasterPid) {
  const { user, system } = process.cpuUsage();
  return {
    generator: (user + system) / 1e6,
    node: await cpuSeconds(nodePid),
    postgres: await postgresCpuSeconds(postmasterPid),
  };
}
