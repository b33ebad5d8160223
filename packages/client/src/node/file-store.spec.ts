import { spawn, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { bundleClient } from '../../bundle.mjs';
import { fileStore } from './index.js';

const [OLD, NEW] = ['old '.repeat(5_000), 'new '.repeat(50_000)];
const NAME = 'imprimatur.answer';

let programs: string;
let folder: string;

beforeAll(async () => {
  programs = await mkdtemp(join(tmpdir(), 'file-store-programs-'));
  const { outputFiles } = await bundleClient({
    entryPoints: ['packages/client/src/node/index.ts'],
    platform: 'node',
    minify: false,
  });
  await writeFile(join(programs, 'store.mjs'), outputFiles[0]?.contents ?? '');
  // The program kills itself before the step of this number, and otherwise reports its result.
  await writeFile(
    join(programs, 'killed.mjs'),
    `import { promises } from 'node:fs';
     import { syncBuiltinESMExports } from 'node:module';
     const [folder, name, value, last] = process.argv.slice(2);
     let step = 0;
     const counted = (owner, method) => {
       const call = owner[method].bind(owner);
       owner[method] = (...given) => {
         if (++step === Number(last)) process.kill(process.pid, 'SIGKILL');
         return call(...given);
       };
     };
     const open = promises.open;
     promises.open = async (...given) => {
       const file = await open(...given);
       for (const method of ['writeFile', 'sync', 'close']) counted(file, method);
       return file;
     };
     for (const method of ['mkdir', 'open', 'stat', 'readdir', 'rename', 'unlink']) counted(promises, method);
     syncBuiltinESMExports();
     const { fileStore } = await import('./store.mjs');
     await fileStore(folder).setItem(name, value.repeat(50_000));
     console.log(step);`,
  );
  await writeFile(
    join(programs, 'writer.mjs'),
    `import { fileStore } from './store.mjs';
     const [folder, name, letter] = process.argv.slice(2);
     const store = fileStore(folder);
     for (let round = 1; round <= 100; round++) {
       await store.setItem(name, letter.repeat(1_000 * round));
       if (!/^(a+|b+)$/.test(await store.getItem(name))) process.exit(1);
     }`,
  );
});

afterAll(() => rm(programs, { recursive: true }));

beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'file-store-')), 'not', 'there', 'yet');
});

afterEach(() => rm(join(folder, '../../..'), { recursive: true }));

describe('the file store', () => {
  it('keeps items for the next start, and nothing under a name that was never set', async () => {
    expect(await fileStore(folder).getItem(NAME)).toBeNull();
    await fileStore(folder).setItem(NAME, 'Zürich\r\n\0');
    await fileStore(folder).setItem('imprimatur.license-file', '');
    expect(await fileStore(folder).getItem(NAME)).toBe('Zürich\r\n\0');
    expect(await fileStore(folder).getItem('imprimatur.license-file')).toBe('');
    expect((await readdir(folder)).sort()).toEqual([NAME, 'imprimatur.license-file']);
  });

  it('lets the user of the process alone read, also where an earlier file was open to others', async () => {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, NAME), '', { mode: 0o666 });
    await fileStore(folder).setItem(NAME, OLD);
    expect((await stat(join(folder, NAME))).mode & 0o777).toBe(0o600);
    await rm(folder, { recursive: true });
    await fileStore(folder).setItem(NAME, OLD);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
  });

  it('does what it is told in the order of the calls', async () => {
    const store = fileStore(folder);
    const writes = Array.from({ length: 20 }, (_, turn) => store.setItem(NAME, String(turn)));
    expect(await store.getItem(NAME)).toBe('19');
    for (const write of writes) await write;
    expect(await readdir(folder)).toEqual([NAME]);
  });

  it.each([
    ['is empty', (path: string) => truncate(path, 0)],
    ['is cut', (path: string) => truncate(path, 1_000)],
    ['is full of zeros', (path: string) => writeFile(path, Buffer.alloc(20_000))],
    ['has another byte', async (path: string) => writeFile(path, (await readFile(path)).fill('X', 500, 501))],
    ['was written by something else', (path: string) => writeFile(path, 'old old')],
  ])('reads a file that %s as absent, and replaces it', async (_, damage) => {
    const store = fileStore(folder);
    await store.setItem(NAME, OLD);
    await damage(join(folder, NAME));
    expect(await store.getItem(NAME)).toBeNull();
    await store.setItem(NAME, NEW);
    expect(await store.getItem(NAME)).toBe(NEW);
  });

  it('has the old or the new value, whole, wherever the process is killed', async () => {
    let steps = 0;
    for (let last = 1; last <= 30; last++) {
      await rm(folder, { recursive: true, force: true });
      const store = fileStore(folder);
      await store.setItem(NAME, OLD);
      const { signal, stdout, stderr } = spawnSync(
        process.execPath,
        [join(programs, 'killed.mjs'), folder, NAME, 'new ', String(last)],
        { encoding: 'utf8' },
      );
      expect(stderr).toBe('');
      const value = await store.getItem(NAME);
      expect([OLD, NEW].includes(value ?? '')).toBe(true);
      if (signal === null) {
        steps = Number(stdout);
        expect(value).toBe(NEW);
        break;
      }
      expect(signal).toBe('SIGKILL');
    }
    // mkdir, open, writeFile, sync, close, stat, readdir, rename, open, sync, close.
    expect(steps).toBeGreaterThanOrEqual(11);
  });

  it('removes what a killed process left an hour ago, and nothing that another process may be writing', async () => {
    await fileStore(folder).setItem(NAME, OLD);
    const [left, current] = [join(folder, `${NAME}.1.tmp`), join(folder, `${NAME}.2.tmp`)];
    await Promise.all([left, current].map((path) => writeFile(path, 'half')));
    const before = Date.now() / 1_000 - 2 * 3_600;
    await utimes(left, before, before);
    await fileStore(folder).setItem(NAME, NEW);
    expect((await readdir(folder)).sort()).toEqual([NAME, `${NAME}.2.tmp`]);
  });

  it('never gives half a value to one of two processes that write the same item', async () => {
    const exits = ['a', 'b'].map(
      (letter) =>
        new Promise((resolve) => {
          spawn(process.execPath, [join(programs, 'writer.mjs'), folder, NAME, letter]).once('exit', resolve);
        }),
    );
    expect(await Promise.all(exits)).toEqual([0, 0]);
    expect((await fileStore(folder).getItem(NAME))?.length).toBe(100_000);
    expect(await readdir(folder)).toEqual([NAME]);
  });

  it('says what failed where the folder cannot be used, and works when it can', async () => {
    await mkdir(join(folder, '..'), { recursive: true });
    await writeFile(folder, 'a file in its place');
    const store = fileStore(folder);
    const failure = { name: 'LicenseError', code: 'STORE_FAILED', message: expect.stringContaining(folder) };
    await expect(store.setItem(NAME, OLD)).rejects.toMatchObject(failure);
    await expect(store.getItem(NAME)).rejects.toMatchObject(failure);
    await rm(folder);
    await store.setItem(NAME, OLD);
    expect(await store.getItem(NAME)).toBe(OLD);
  });

  it.each(['', '..', '../other', 'a/b', 'a\\b', 'A', 'c:d'])('takes no item with the name "%s"', async (name) => {
    await expect(fileStore(folder).setItem(name, '')).rejects.toMatchObject({ code: 'STORE_FAILED' });
  });
});
