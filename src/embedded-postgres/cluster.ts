import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, mkdir, readdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isAlive } from './is-alive.js';
import { writeSecretFile } from '../shared/secrets/secret-file.js';
import { type Binaries, EmbeddedPostgresError } from './binaries.js';
import type { RunAs } from './run-as.js';

const run = promisify(execFile);
const INIT_PREFIX = 'postgres.init-';
/** Folder of an initdb run, with its process id. Folders of any other name may be user data and are not deleted. */
const INIT_FOLDER = /^postgres\.init-(\d+)(?:-[0-9a-f]{12})?$/;
/** Folders of initdb runs in this process. In a container, a process may have the id of its predecessor. */
const inUse = new Set<string>();

/** Folder of a cluster and password of its superuser. */
export interface Cluster {
  readonly folder: string;
  readonly superuserPassword: string;
}

/**
 * Creates the cluster under `dataDir` if missing. `initdb` runs in a folder beside it, which is renamed at the end, so that a killed run
 * never leaves a partial cluster in its place.
 */
export async function ensureCluster(binaries: Binaries, dataDir: string, user: RunAs): Promise<Cluster> {
  const folder = join(dataDir, 'postgres');
  const superuserPassword = await ensurePassword(join(dataDir, 'postgres.password'));
  await removeAbandoned(dataDir);
  const version = await readFile(join(folder, 'PG_VERSION'), 'utf8').catch(() => undefined);
  if (version === undefined) await initialise(binaries, dataDir, folder, superuserPassword, user);
  else await assertSameMajor(binaries, folder, version.trim());
  return { folder, superuserPassword };
}

async function ensurePassword(file: string): Promise<string> {
  await writeSecretFile(file, randomBytes(24).toString('hex'), { keep: true });
  return (await readFile(file, 'utf8')).trim();
}

async function initialise(binaries: Binaries, dataDir: string, folder: string, password: string, user: RunAs) {
  const name = `${INIT_PREFIX}${process.pid}-${randomBytes(6).toString('hex')}`;
  inUse.add(name);
  const stagingFolder = join(dataDir, name);
  try {
    await initialiseIn(stagingFolder, binaries, folder, password, user);
  } finally {
    await rm(stagingFolder, { recursive: true, force: true });
    inUse.delete(name);
  }
}

async function initialiseIn(stagingFolder: string, binaries: Binaries, folder: string, password: string, user: RunAs) {
  const passwordFile = join(stagingFolder, 'password');
  await mkdir(stagingFolder, { mode: 0o700 });
  await writeFile(passwordFile, password, { mode: 0o600 });
  for (const path of [stagingFolder, passwordFile])
    if (user.uid !== undefined) await chown(path, user.uid, user.gid ?? 0);
  const options = ['--locale=C.UTF-8', '--encoding=UTF8', '--data-checksums', '--auth=scram-sha-256'];
  const target = join(stagingFolder, 'cluster');
  await run(binaries.initdb, [...options, '--username=postgres', `--pwfile=${passwordFile}`, `--pgdata=${target}`], {
    ...user,
    cwd: stagingFolder,
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8', TZ: 'UTC' },
  }).catch((error: unknown) => {
    const said = (error as { stderr?: string }).stderr?.trim() ?? '';
    throw new EmbeddedPostgresError(`initdb failed: ${said}`, { cause: error });
  });
  await putInPlace(target, folder);
}

async function putInPlace(target: string, folder: string): Promise<void> {
  // An empty folder is harmless; one with files but without PG_VERSION may be user data and is not deleted.
  await rmdir(folder).catch(() => undefined);
  await rename(target, folder).catch((error: unknown) => {
    throw new EmbeddedPostgresError(
      `${folder} holds files but no PostgreSQL cluster (no PG_VERSION). Move it away and start again.`,
      { cause: error },
    );
  });
}

/** Removes the folders of killed initdb runs. */
async function removeAbandoned(dataDir: string): Promise<void> {
  for (const name of await readdir(dataDir)) {
    const pid = INIT_FOLDER.exec(name)?.[1];
    if (pid === undefined || inUse.has(name)) continue;
    if (Number(pid) !== process.pid && isAlive(Number(pid))) continue;
    await rm(join(dataDir, name), { recursive: true, force: true });
  }
}

async function assertSameMajor(binaries: Binaries, folder: string, version: string): Promise<void> {
  const { stdout } = await run(binaries.postgres, ['--version']);
  const major = /\d+/.exec(stdout)?.[0];
  if (major === version) return;
  throw new EmbeddedPostgresError(
    `${folder} was made by PostgreSQL ${version}; this release embeds PostgreSQL ${major}. ` +
      `Dump it with the release that created it and load the dump into an empty DATA_DIR, or set DATABASE_URL.`,
  );
}
