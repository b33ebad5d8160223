import { randomBytes } from 'node:crypto';
import { link, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Writes one line that only the owner of this process may read (mode 0600), durably and never half: the file gets its
 * name when its content is on disk. With `keep` a file that exists stays as it is, whoever wins the race to make it.
 */
export async function writeSecretFile(path: string, content: string, { keep = false } = {}): Promise<void> {
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(`${content}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    if (keep) await link(draft, path);
    else await rename(draft, path);
  } catch (error) {
    if (!keep || (error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(draft, { force: true });
  }
  const folder = await open(dirname(path), 'r');
  await folder.sync().finally(() => folder.close());
}

/** The folder that holds secrets: others see nothing in it. One that exists stays as it is. */
export async function prepareFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
}
