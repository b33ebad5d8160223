// The contenders, each on a cluster of its own.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { transformFile } from '@swc/core';
import { makeSeed, startCluster } from './cluster.mjs';
import { outboxDrained, revocationListsSigned } from './database.mjs';
import { drive } from './load.mjs';
import { startBetterAuth } from './peers.mjs';
import { startServer, startWorker } from './processes.mjs';
import { get, headersOf, issue, ORDER } from './requests.mjs';

const LISTENS = /listens on (http:[^,\s]+)/;

/** How many connections give floor and spec the most: `npm run bench -- --pools` tries. The peer gets as many. */
const POOL_SIZE = { floor: 16, spec: 16, 'better-auth': 16 };

/** Ours with other settings: events are counted for the reports in every round, so five times as often as by default, or never. */
const COUNTING = { counting: { REPORT_INTERVAL_MS: '1000' }, uncounted: { REPORT_INTERVAL_MS: '86400000' } };

const STARTS = {
  ours: startOurs,
  counting: (cluster) => startOurs(cluster, COUNTING.counting),
  uncounted: (cluster) => startOurs(cluster, COUNTING.uncounted),
  floor: (cluster, pool) =>
    startServer('bench/contenders/floor.mjs', poolOf(cluster, pool ?? POOL_SIZE.floor), cluster.dataDir, LISTENS),
  spec: async (cluster, pool) =>
    startServer(
      await compile('bench/contenders', ['spec', 'spec-entities']),
      poolOf(cluster, pool ?? POOL_SIZE.spec),
      cluster.dataDir,
      LISTENS,
    ),
  'better-auth': (cluster, pool) => startBetterAuth(cluster, pool ?? POOL_SIZE['better-auth'], LISTENS),
  raw: ({ applicationUrl, tenants }) =>
    startWorker('bench/contenders/raw.mjs', {
      BENCH_URL: applicationUrl,
      BENCH_TENANTS: tenants.map(({ id }) => id).join(','),
    }),
};

export async function startContender(name, seed) {
  return runOn(name, await startCluster(seed));
}

/** `settings` of ours, or the size of another's pool. */
export async function runOn(name, cluster, settings, script) {
  const process = await STARTS[name](cluster, settings, script);
  return { name, cluster, process, url: process.address, drains: name === 'ours' || name in COUNTING };
}

/**
 * A cluster that is stopped and that the server has used: it has licenses that were really issued, of which the server opens one before it
 * starts, and each tenant's first signing key and revocation list, which would otherwise be made while something is measured.
 */
export async function makeUsedSeed(tenantCount, settings) {
  const cluster = await startCluster(await makeSeed(tenantCount));
  const ours = await runOn('ours', cluster, { ...settings, REVOCATION_LIST_INTERVAL_MS: '100' });
  await warmUp(ours, 0.1);
  await outboxDrained(cluster.monitor);
  await revocationListsSigned(cluster.monitor);
  await ours.process.stop();
  await cluster.stop();
  return cluster;
}

/** Two seconds of what is measured first, so that nothing is compiled, planned or read for the first time. A peer issues no licenses. */
export async function warmUp(contender, seconds) {
  if (contender.name === 'better-auth') return;
  if (!contender.url) {
    await contender.process.ask({ connections: 64, seconds });
    return;
  }
  await assertIssues(contender);
  await drive(contender, () => issue(contender), { connections: 64, seconds });
  const page = await fetch(`${contender.url}/v1/licenses?limit=100`, {
    headers: headersOf(contender.cluster.tenants[0]),
  });
  contender.ids = (await page.json()).data.map(({ license_id }) => license_id);
  await drive(contender, () => get(contender), { connections: 64, seconds: seconds / 2 });
}

/** All programs of the bench have one address. */
const CLIENT_RATES = {
  CLIENT_RATE_PER_ADDRESS: '1000000',
  CLIENT_RATE_PER_LICENSE: '1000000',
  CLIENT_RATE_PER_LICENSE_AND_ADDRESS: '1000000',
};

/** The server as in production, with its settings as they come but for those rates; `DATABASE_POOL_…` is passed on. */
function startOurs({ dataDir, applicationUrl }, settings, script = 'dist/main.bundle.js') {
  const own = Object.entries(process.env).filter(([name]) => name.startsWith('DATABASE_POOL'));
  const environment = {
    ...CLIENT_RATES,
    DATA_DIR: dataDir,
    DATABASE_URL: applicationUrl,
    PORT: '0',
    ...Object.fromEntries(own),
  };
  return startServer(script, { ...environment, ...settings }, dataDir, LISTENS);
}

/** As the superuser, whom row-level security lets pass. */
function poolOf({ superuserUrl }, size) {
  return { BENCH_URL: superuserUrl, BENCH_POOL: String(size) };
}

async function assertIssues({ name, url, cluster }) {
  const headers = { ...headersOf(cluster.tenants[0]), 'content-type': 'application/json' };
  const answer = await fetch(`${url}/v1/licenses`, { method: 'POST', headers, body: ORDER });
  if (answer.status !== 201) throw new Error(`${name} answered ${answer.status}: ${await answer.text()}`);
}

/** TypeScript with decorators, as Nest is written. Answers where the first file's JavaScript is. */
async function compile(folder, names) {
  const parser = { syntax: 'typescript', decorators: true };
  const transform = { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false };
  await mkdir('dist/bench', { recursive: true });
  for (const name of names) {
    const { code } = await transformFile(join(folder, `${name}.ts`), {
      jsc: { target: 'es2023', parser, transform },
      module: { type: 'es6' },
      swcrc: false,
    });
    await writeFile(join('dist/bench', `${name}.js`), code);
  }
  return join('dist/bench', `${names[0]}.js`);
}
