// One scenario at one number of connections: each lane once without being measured, since some ask for what the warm-up of
// their contender did not; then the lanes in turn, A B C A B C …, then what PostgreSQL counted.
import { countStatements } from './count.mjs';
import { measure, runLane } from './load.mjs';
import { median, spread } from './statistics.mjs';

export async function compare(scenario, connections, { rounds, seconds, countSeconds, laneWarmUp }) {
  for (const lane of scenario.lanes) await runLane(lane, { connections, seconds: laneWarmUp });
  const runs = scenario.lanes.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [at, lane] of scenario.lanes.entries()) runs[at].push(await measure(lane, { connections, seconds }));
  }
  const lanes = [];
  for (const [at, lane] of scenario.lanes.entries()) {
    const summary = summaryOf(runs[at]);
    const counts = await countStatements(lane, connections, summary.rate.median * countSeconds);
    lanes.push({ label: lane.label, ...summary, ...counts });
  }
  const goals = scenario.goals[connections] ?? {};
  const ratios = scenario.lanes.slice(1).map(({ label: to }, at) => ({
    to,
    ...spread(runs[0].map(({ rate }, round) => rate / runs[at + 1][round].rate)),
    goal: goals[to],
  }));
  return { scenario: scenario.name, connections, lanes, ratios, p99GoalMs: scenario.worstP99Ms?.[connections] };
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
