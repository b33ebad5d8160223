// Finds Temporal's command, or builds it with Go, which takes a quarter of an hour once.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** A newer one cannot be installed by `go install`. */
const VERSION = '1.5.1';

/** Returns the path of the command. Throws an Error that says what is missing. */
export function temporalCli() {
  const { TEMPORAL_CLI, XDG_CACHE_HOME = join(homedir(), '.cache') } = process.env;
  if (TEMPORAL_CLI !== undefined) {
    if (!existsSync(TEMPORAL_CLI)) throw new Error(`TEMPORAL_CLI names ${TEMPORAL_CLI}, which is not there.`);
    return TEMPORAL_CLI;
  }
  const folder = join(XDG_CACHE_HOME, 'imprimatur', `temporal-${VERSION}`);
  const path = join(folder, 'temporal');
  if (existsSync(path)) return path;
  if (spawnSync('go', ['version']).status !== 0) {
    throw new Error(
      'The command of Temporal is missing: set TEMPORAL_CLI to its path (https://docs.temporal.io/cli), or install Go, which builds it.',
    );
  }
  console.log(`Building the command of Temporal ${VERSION} into ${folder} …`);
  mkdirSync(folder, { recursive: true });
  const build = ['-n', '19', 'go', 'install', '-p', '1', `github.com/temporalio/cli/cmd/temporal@v${VERSION}`];
  const env = { ...process.env, GOBIN: folder, GOTOOLCHAIN: 'local', GOMAXPROCS: '1', GOFLAGS: '' };
  const { status } = spawnSync('nice', build, { stdio: 'inherit', env });
  if (status !== 0 || !existsSync(path)) throw new Error('Go could not build the command of Temporal: see above.');
  return path;
}
