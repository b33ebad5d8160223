// One scenario at one number of connections: each lane once without being measured, since some ask for what the warm-up of
// their contender did not; then the lanes in turn, A B C A B C …, then what can be counted.
import { countCosts } from './count.mjs';
import { measure, warmUpLane } from './load.mjs';
import { median, spread } from './statistics.mjs';

export async function compare(scenario, connections, { rounds, seconds, countSeconds, laneWarmUp }) {
  const { lanes } = scenario;
  for (const contender of new Set(lanes.map((lane) => lane.contender))) await scenario.prepare?.(contender);
  for (const lane of lanes) {
    const expected = scenario.expects ?? (lane === lanes[0] ? scenario.expectsFirst : undefined);
    if (expected) await assertAnswers(lane, expected);
    await warmUpLane(lane, { connections, seconds: laneWarmUp });
  }
  const runs = lanes.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [at, lane] of lanes.entries()) runs[at].push(await measure(lane, { connections, seconds }));
  }
  const results = [];
  for (const [at, lane] of lanes.entries()) {
    const summary = summaryOf(runs[at]);
    const counts = await countCosts(lane, connections, summary.rate.median * countSeconds);
    results.push({ label: lane.label, ...summary, ...counts });
  }
  const goals = scenario.goals[connections] ?? {};
  const ratioTo = (at, value) => spread(runs[0].map((run, round) => value(run) / value(runs[at][round])));
  const ratios = lanes.slice(1).map(({ label: to }, before) => ({
    to,
    ...ratioTo(before + 1, ({ rate }) => rate),
    goal: goals[to],
    cpu: { ...ratioTo(before + 1, cpuMs), limit: scenario.cpuLimits?.[connections]?.[to] },
  }));
  const limits = { p99: scenario.worstP99Ms?.[connections], roundTrips: scenario.roundTripLimit };
  return { scenario: scenario.name, connections, lanes: results, ratios, limits };
}

/** A refusal would be fast and prove nothing. */
export async function assertAnswers({ contender, request }, expected) {
  const { method, path, headers, body } = request(contender);
  const answer = await fetch(contender.url + path, { method, headers, body });
  const text = await answer.text();
  if (answer.ok && text.includes(expected)) return;
  throw new Error(`${contender.name} answered ${path} with ${answer.status} and without ${expected}: ${text}`);
}

function cpuMs({ nodeCpuMs, postgresCpuMs }) {
  return nodeCpuMs + postgresCpuMs;
}

function summaryOf(rounds) {
  const medianOf = (field) => median(rounds.map((round) => round[field]));
  return {
    rate: spread(rounds.map(({ rate }) => rate)),
    p50: medianOf('p50'),
    p99: medianOf('p99'),
    worst: Math.max(...rounds.map(({ worst }) => worst)),
    nodeCpuMs: medianOf('nodeCpuMs'),
    postgresCpuMs: medianOf('postgresCpuMs'),
    generatorCpuMs: medianOf('generatorCpuMs'),
  };
}
