// The server of this checkout and that of another one, which is built, in turn: what a change costs or saves. Neither has another contender
// beside it, so CPU a request repeats better than in the whole benchmark.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { startCluster } from './cluster.mjs';
import { makeUsedSeed, runOn, warmUp } from './contenders.mjs';
import { countCosts } from './count.mjs';
import { measure, warmUpLane } from './load.mjs';
import { scenarios } from './scenarios.mjs';
import { spread } from './statistics.mjs';
import { milliseconds, table, whole, withSpread } from './tables.mjs';

const ROUNDS = 5;
const SECONDS = 2;
const COUNT_SECONDS = 0.6;
const CONNECTIONS = [1, 8, 64];
const COUNTED = {
  'round trips a request': 'roundTrips',
  'statements a request': 'statements',
  'socket writes a request': 'socketWrites',
  'bytes allocated a request': 'allocatedBytes',
};
/** Compares this checkout with the one in `folder`. Both servers must accept the schema of this checkout. */
export async function compareCheckouts(folder, only) {
  // A checkout of version 0.1.0 has no bundle.
  const script = ['main.bundle.js', 'main.js'].map((name) => join(resolve(folder), 'dist', name)).find(existsSync);
  if (!script) throw new Error(`The server is missing. Run npm ci && npm run build in ${folder}.`);
  const seed = await makeUsedSeed(1_000);
  const contenders = [];
  for (const main of [undefined, script]) {
    const contender = await runOn('ours', await startCluster(seed), undefined, main);
    await warmUp(contender, 6);
    contenders.push(contender);
  }
  for (const {
    name,
    prepare,
    lanes: [{ request, traffic }],
  } of scenarios({}).filter((each) => each.name.includes(only))) {
    for (const connections of CONNECTIONS) {
      const lanes = contenders.map((contender) => ({ contender, request, traffic }));
      for (const contender of contenders) await prepare?.(contender);
      for (const lane of lanes) await warmUpLane(lane, { connections, seconds: 2 });
      console.log(
        `\n**${name}, ${connections} connection${connections === 1 ? '' : 's'}**\n\n${await inTurn(lanes, connections)}`,
      );
    }
  }
  return true;
}

/** Ratios are of rounds that followed one another. The one that begins alternates. */
async function inTurn(lanes, connections) {
  const runs = lanes.map(() => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const at of round % 2 === 0 ? [0, 1] : [1, 0]) {
      runs[at].push(await measure(lanes[at], { connections, seconds: SECONDS }));
    }
  }
  const [own, other] = runs;
  const of = (rounds, value) => spread(rounds.map(value));
  const ratio = (value) =>
    withSpread(
      of(
        own.map((run, at) => value(run) / value(other[at])),
        Number,
      ),
      (share) => share.toFixed(2),
    );
  const costs = {
    'requests a second': [({ rate }) => rate, whole],
    'Node ms a request': [({ nodeCpuMs }) => nodeCpuMs, milliseconds],
    'PostgreSQL ms a request': [({ postgresCpuMs }) => postgresCpuMs, milliseconds],
  };
  const rows = Object.entries(costs).map(([label, [value, show]]) => [
    label,
    withSpread(of(own, value), show),
    withSpread(of(other, value), show),
    ratio(value),
  ]);
  const counts = [];
  for (const [at, lane] of lanes.entries())
    counts.push(await countCosts(lane, connections, spread(runs[at].map(({ rate }) => rate)).median * COUNT_SECONDS));
  for (const [label, field] of Object.entries(COUNTED)) {
    const [ownCount, otherCount] = counts.map((count) => count[field]);
    rows.push([label, countOf(ownCount), countOf(otherCount), (ownCount / otherCount).toFixed(2)]);
  }
  return table(['', 'this checkout', 'the other', 'this to the other'], rows);
}

/** Bytes are many, and the rest is few. */
function countOf(value) {
  return value < 1_000 ? value.toFixed(2) : whole(value);
}
