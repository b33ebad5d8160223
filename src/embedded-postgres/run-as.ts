import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { promisify } from 'node:util';
import { EmbeddedPostgresError } from './binaries.js';

const run = promisify(execFile);

/** User and group of PostgreSQL. Empty: those of this process. */
export interface RunAs {
  readonly uid?: number;
  readonly gid?: number;
}

/** Returns the user `postgres`, created if missing, if this process is root: PostgreSQL refuses to run as root. */
export async function unprivilegedUser(): Promise<RunAs> {
  if (process.getuid?.() !== 0) return {};
  const known = await lookUp();
  if (known) return known;
  await run('useradd', [
    '--system',
    '--user-group',
    '--no-create-home',
    '--shell',
    '/usr/sbin/nologin',
    'postgres',
  ]).catch((error: unknown) => {
    throw new EmbeddedPostgresError(
      'PostgreSQL does not run as root and the user "postgres" could not be created. ' +
        'Start Imprimatur as another user, or set DATABASE_URL.',
      { cause: error },
    );
  });
  return (await lookUp()) ?? {};
}

async function lookUp(): Promise<{ uid: number; gid: number } | undefined> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', 'postgres']), run('id', ['-g', 'postgres'])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return undefined;
  }
}

/** Throws with the name of the folder that the user cannot traverse, because PostgreSQL's message does not name it. */
export async function assertReachable(path: string, user: RunAs): Promise<void> {
  if (user.uid === undefined) return;
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    const { mode, uid, gid } = await stat(folder);
    const searchBit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
    if ((mode & searchBit) === 0) {
      throw new EmbeddedPostgresError(
        `PostgreSQL does not run as root but as the user "postgres", which cannot enter ${folder}. ` +
          `Run "chmod o+x ${folder}", or work in a folder that others may enter, or start Imprimatur as another user, ` +
          `or set DATABASE_URL.`,
      );
    }
    if (folder === dirname(folder)) return;
  }
}
