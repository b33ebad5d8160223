// Programs of others, which are installed only when they are asked for and only into bench/peers/.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { startServer } from './processes.mjs';

const FOLDER = 'bench/peers';
const KEYS = 200;

/** Without scripts, so that nothing but npm itself runs. Nothing is done where it was done before from this lock file. */
export async function installPeers() {
  const changedAt = async (path) => (await stat(path).catch(() => undefined))?.mtimeMs ?? 0;
  const installedAt = await changedAt(`${FOLDER}/node_modules/.package-lock.json`);
  if (installedAt > (await changedAt(`${FOLDER}/package-lock.json`))) return;
  console.log(`Installs the peers: npm ci --ignore-scripts, in ${FOLDER}`);
  const options = ['ci', '--ignore-scripts', '--no-audit', '--no-fund'];
  const npm = spawn('npm', options, { cwd: FOLDER, stdio: 'inherit' });
  const [code] = await once(npm, 'exit');
  if (code !== 0) throw new Error(`npm ci in ${FOLDER} ended with ${code}.`);
}

/** Started as a superuser, in a schema of its own: one of its tables has a name that a table of ours may get. */
export async function startBetterAuth({ superuserUrl, monitor, dataDir }, pool, listens) {
  await monitor.query('CREATE SCHEMA better_auth');
  const url = `${superuserUrl}&options=${encodeURIComponent('-c search_path=better_auth')}`;
  const settings = { BENCH_URL: url, BENCH_POOL: String(pool), BETTER_AUTH_TELEMETRY: '0' };
  return startServer(`${FOLDER}/better-auth.mjs`, settings, dataDir, listens);
}

export async function prepareKeys(contender) {
  if (contender.keys) return;
  const body = JSON.stringify({ count: KEYS });
  const answer = await fetch(`${contender.url}/keys`, { method: 'POST', body });
  contender.keys = (await answer.json()).keys;
}
