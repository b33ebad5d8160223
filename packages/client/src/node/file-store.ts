import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { LicenseError } from '../errors.js';
import type { Store } from '../store.js';

const NAME = /^[a-z0-9][a-z0-9.-]*$/;
const TEMPORARY = '.tmp';
/** Age from which a temporary file belongs to a killed process. */
const ABANDONED_MS = 60 * 60 * 1000;
const RENAME_ATTEMPTS = 10;
const RENAME_PAUSE_MS = 20;
/** Codes of Windows while another process, such as a virus scanner, has the file open. */
const IN_USE: readonly unknown[] = ['EACCES', 'EBUSY', 'EPERM'];

/**
 * Creates a store in `folder`, one file per item, readable for the user of the process only. An item is its old or its new value, also
 * after a crash; a damaged file counts as absent. Throws LicenseError STORE_FAILED.
 */
export function fileStore(folder: string): Store {
  const files = new ItemFiles(folder);
  return {
    getItem: (name) => files.inTurn(name, 'read', () => files.read(name)),
    setItem: (name, value) => files.inTurn(name, 'write', () => files.write(name, value)),
  };
}

class ItemFiles {
  private calls: Promise<unknown> = Promise.resolve();
  private cleaned = false;

  constructor(private readonly folder: string) {}

  /** Runs calls in order, so that the value of the last call remains. */
  inTurn<Result>(name: string, verb: string, call: () => Promise<Result>): Promise<Result> {
    const result = this.calls.then(call).catch((cause: unknown) => {
      const text = `Failed to ${verb} "${name}" in ${this.folder}: ${(cause as Error).message}. Check permissions and free space.`;
      throw new LicenseError('STORE_FAILED', text, { cause });
    });
    this.calls = result.catch(() => undefined);
    return result;
  }

  async read(name: string): Promise<string | null> {
    try {
      return decode(await readFile(this.path(name)));
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return null;
      throw error;
    }
  }

  async write(name: string, value: string): Promise<void> {
    const path = this.path(name);
    const temporary = `${path}.${randomUUID()}${TEMPORARY}`;
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    try {
      await writeThrough(temporary, encode(value));
      await this.removeAbandoned(temporary);
      await replace(temporary, path);
    } catch (error) {
      await unlink(temporary).catch(() => undefined);
      throw error;
    }
    await syncFolder(this.folder);
  }

  private path(name: string): string {
    if (!NAME.test(name)) throw new TypeError('The name must consist of lower-case letters, digits, dots and hyphens');
    return join(this.folder, name);
  }

  /** Removes abandoned files, once per store. Ages are relative to a new file, so that the clock of the process does not matter. */
  private async removeAbandoned(current: string): Promise<void> {
    if (this.cleaned) return;
    this.cleaned = true;
    const { mtimeMs } = await stat(current);
    for (const name of await readdir(this.folder)) {
      if (!name.endsWith(TEMPORARY)) continue;
      const path = join(this.folder, name);
      const written = await stat(path).catch(() => undefined);
      if (written && written.mtimeMs < mtimeMs - ABANDONED_MS) await unlink(path).catch(() => undefined);
    }
  }
}

/** Prepends a digest that reveals damage, such as by a power failure. It does not protect against the user. */
function encode(value: string): Buffer {
  const content = Buffer.from(value, 'utf8');
  return Buffer.concat([Buffer.from(`${digestOf(content)}\n`), content]);
}

function decode(bytes: Buffer): string | null {
  const end = bytes.indexOf('\n');
  const content = bytes.subarray(end + 1);
  return bytes.toString('latin1', 0, end) === digestOf(content) ? content.toString('utf8') : null;
}

function digestOf(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

async function writeThrough(path: string, bytes: Buffer): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function replace(from: string, to: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await rename(from, to);
      return;
    } catch (error) {
      const passes = process.platform === 'win32' && IN_USE.includes(codeOf(error));
      if (!passes || attempt === RENAME_ATTEMPTS) throw error;
      await new Promise((resolve) => setTimeout(resolve, RENAME_PAUSE_MS * attempt));
    }
  }
}

/** Makes the rename durable. Windows cannot open a folder and does not need it. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown }).code;
}
