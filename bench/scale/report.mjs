// Cost of scale, as Markdown: a line a scenario, with how much dearer the largest database is than the smallest.
import { milliseconds, table, verdictAtMost, whole } from '../tables.mjs';
import { median } from '../statistics.mjs';

export function scaleReport({ machine, rounds, seconds, sizes, results }) {
  const names = sizes.map((size) => whole(size));
  const lines = results.flatMap((result) => linesOf(result, sizes));
  const heads = [
    '',
    '',
    ...names.map((name) => `${name}: a second`),
    ...names.map((name) => `${name}: PostgreSQL ms`),
    'cost',
  ];
  const plans = results
    .filter(({ plan }) => plan)
    .map(({ name, plan }) => [name, plan.by, milliseconds(plan.ms), whole(plan.buffers)]);
  const wal = results.flatMap(walLinesOf);
  return [
    `${machine}. Medians of ${rounds} rounds of ${seconds} s, the databases in turn; reads over 8 connections, issues over 64. Cost: requests a second at ${names[0]} licenses divided by those at ${names.at(-1)}, the median of the rounds.`,
    table(heads, lines),
    ...(wal.length > 0
      ? [
          'WAL of an issue, with its event moved into the log where it is ours:',
          table(['', '', 'licenses', 'bytes', 'of which page images', 'ours to floor'], wal),
        ]
      : []),
    ...(plans.length > 0
      ? [
          `How the rows of a page are found at ${names.at(-1)} licenses, as PostgreSQL executed it for the server; whole plans in [scale-plans.txt](../bench/results/scale-plans.txt):`,
          table(['', 'by', 'ms', 'pages'], plans),
        ]
      : []),
  ].join('\n\n');
}

function linesOf({ name, goal, lanes }, sizes) {
  return [...new Set(lanes.map(({ contender }) => contender))].map((contender) => {
    const own = sizes.map((size) => lanes.find((lane) => lane.contender === contender && lane.size === size));
    const [smallest, largest] = [own[0].rates, own.at(-1).rates];
    const cost = median(smallest.map((rate, round) => rate / largest[round]));
    const judged = contender === 'ours' ? verdictAtMost(cost, goal) : '';
    const [rates, cpu] = [
      own.map(({ rate }) => whole(rate)),
      own.map(({ postgresCpuMs }) => milliseconds(postgresCpuMs)),
    ];
    return [name, contender, ...rates, ...cpu, `${cost.toFixed(2)}${judged}`];
  });
}

/** The WAL of ours is measured by that of the floor on a database of the same size. */
function walLinesOf({ name, lanes, walGoal }) {
  return lanes
    .filter(({ walBytes }) => walBytes !== undefined)
    .map(({ contender, size, walBytes, walImageBytes }) => {
      const floor = lanes.find((lane) => lane.contender === 'floor' && lane.size === size);
      const ratio = walBytes / floor.walBytes;
      const judged = contender === 'ours' ? ratio.toFixed(2) + verdictAtMost(ratio, walGoal) : '';
      return [name, contender, whole(size), whole(walBytes), whole(walImageBytes), judged];
    });
}

export function plansText({ results }) {
  return results
    .filter(({ plan }) => plan)
    .map(({ name, plan }) => `${name}: ${plan.ms} ms\n\n${plan.text}`)
    .join('\n\n');
}
