// Time of `npm run import` for licenses as another system exports them: a dry run, the import, and a second run that finds all of them known.
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { makeSeed, startCluster, TEMPLATE } from './cluster.mjs';
import { runOn } from './contenders.mjs';
import { showOnPage } from './documents.mjs';
import { table, verdictAtMost, whole } from './tables.mjs';

const run = promisify(execFile);
/** Seconds for 100,000 lines. */
const GOAL_S = 180;
const GOAL_LINES = 100_000;
const RUNS = [
  { name: 'dry run', options: ['--dry-run'], says: 'IMPORTABLE' },
  { name: 'import', options: [], says: 'IMPORTED' },
  { name: 'second run', options: [], says: 'KNOWN' },
];

export async function measureImport(lines) {
  if (!(Number.isInteger(lines) && lines > 0)) throw new Error('--lines takes a number, such as 10000.');
  const cluster = await startCluster(await makeSeed(1));
  const { url } = await runOn('ours', cluster);
  const file = join(cluster.dataDir, 'licenses.ndjson');
  await writeFile(file, Array.from({ length: lines }, (_, n) => `${JSON.stringify(lineOf(n))}\n`).join(''));
  const [{ key }] = cluster.tenants;
  const env = { PATH: process.env.PATH, IMPORT_SERVER_URL: url, IMPORT_API_KEY: key, DATA_DIR: cluster.dataDir };
  const rows = [];
  for (const { name, options, says } of RUNS) {
    const begun = performance.now();
    const { stdout } = await run(process.execPath, ['dist/cli/import.bundle.js', file, ...options], { env });
    const seconds = (performance.now() - begun) / 1_000;
    if (!stdout.includes(`${says}: ${lines}\n`)) throw new Error(`The ${name} did not take all lines: ${stdout}`);
    const limit = name === 'import' ? (GOAL_S * lines) / GOAL_LINES : undefined;
    rows.push([name, `${seconds.toFixed(1)}${verdictAtMost(seconds, limit)}`, whole(lines / seconds)]);
  }
  const text = table([`${whole(lines)} lines`, 'seconds', 'lines a second'], rows);
  console.log(`\n${text}\n`);
  if (lines === GOAL_LINES) await showOnPage('import', text);
  return true;
}

/** Each customer has two licenses, and each license one device. */
function lineOf(n) {
  return {
    license_template_id: TEMPLATE,
    license_key: `OLD-KEY-${String(n).padStart(12, '0')}`,
    external_id: `old-${n}`,
    customer: { email: `customer-${n >> 1}@example.com`, company_name: `Company ${n >> 1}` },
    issued_date: '2026-01-31T09:00:00Z',
    expiry_date: '2030-01-31T09:00:00Z',
    metadata: { plan: 'team' },
    devices: [{ fingerprint: `device-${n}`, name: 'Front desk' }],
  };
}
