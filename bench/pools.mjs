// Which size of its pool gives floor and spec the most: the same contender with several sizes, in turn.
import { makeSeed, startCluster } from './cluster.mjs';
import { runOn, warmUp } from './contenders.mjs';
import { measure } from './load.mjs';
import { table, whole, withSpread } from './tables.mjs';
import { get, issue } from './requests.mjs';
import { spread } from './statistics.mjs';

/** Together under PostgreSQL's limit of 100 connections. */
const SIZES = [4, 8, 16, 32];
const ROUNDS = 5;
const CONNECTIONS = 64;
const SECONDS = 2;

export async function comparePools() {
  const seed = await makeSeed(1_000);
  for (const name of ['floor', 'spec']) {
    const cluster = await startCluster(seed);
    const contenders = [];
    for (const size of SIZES) contenders.push(await runOn(name, cluster, size));
    for (const contender of contenders) await warmUp(contender, 2);
    const rows = [
      ['issue', ...(await ratesOf(contenders, issue))],
      ['get by id', ...(await ratesOf(contenders, get))],
    ];
    const heads = [`${name}, requests a second`, ...SIZES.map((size) => `${size} connections`)];
    console.log(`\n${table(heads, rows)}`);
  }
  return true;
}

async function ratesOf(contenders, request) {
  const runs = contenders.map(() => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [at, contender] of contenders.entries()) {
      const { rate } = await measure({ contender, request }, { connections: CONNECTIONS, seconds: SECONDS });
      runs[at].push(rate);
    }
  }
  return runs.map((rates) => withSpread(spread(rates), whole));
}
