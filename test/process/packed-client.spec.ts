import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const run = promisify(execFile);

/** The commands of the package's README, from a fresh clone and without a network. */
describe('the packed client', () => {
  let folder: string;
  let program: string;
  const npm = (args: string[], cwd: string) =>
    run('npm', [...args, '--no-audit', '--no-fund', '--no-update-notifier'], {
      cwd,
      env: { ...process.env, npm_config_cache: join(folder, 'cache'), npm_config_offline: 'true' },
    });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'packed-client-'));
    // A copy without what was built before, so that the tarball can only hold what packing builds.
    const clone = join(folder, 'clone');
    const ofClone = (path: string) => cp(path, join(clone, path), { recursive: true, filter });
    const filter = (path: string) => !path.split('/').includes('dist') && !path.split('/').includes('node_modules');
    await mkdir(clone);
    for (const path of ['package.json', 'tsconfig.json', 'packages/client']) await ofClone(path);
    await symlink(resolve('node_modules'), join(clone, 'node_modules'));
    program = join(folder, 'program');
    await mkdir(program);
    await npm(['pack', '-w', 'packages/client', '--pack-destination', program], clone);
    await writeFile(join(program, 'package.json'), '{ "private": true, "type": "module" }');
    await npm(['install', './imprimatur-client-0.2.0.tgz'], program);
  });

  afterAll(() => rm(folder, { recursive: true }));

  it('is a program’s only dependency, and has both entry points', async () => {
    await writeFile(
      join(program, 'program.js'),
      `import { LicenseClient, LicenseError } from '@imprimatur/client';
       import { deviceFingerprint, fileStore } from '@imprimatur/client/node';
       const license = new LicenseClient({
         baseUrl: 'http://127.0.0.1:1',
         tenantId: 't',
         keys: [{ x: 'A'.repeat(43) }],
         licenseKey: 'A1B2',
         fingerprint: await deviceFingerprint({ salt: 'program', machineId: 'device' }),
         store: fileStore('state'),
       });
       console.log((await license.check()).code);
       const failure = await fileStore('program.js').getItem('x').catch((error) => error);
       console.log(failure instanceof LicenseError, failure.code);`,
    );
    const { stdout } = await run(process.execPath, ['program.js'], { cwd: program });
    expect(stdout).toBe('NO_LICENSE_FILE\ntrue STORE_FAILED\n');
    const lock = JSON.parse(await readFile(join(program, 'package-lock.json'), 'utf8')) as { packages: object };
    expect(Object.keys(lock.packages)).toEqual(['', 'node_modules/@imprimatur/client']);
  });

  it('has types for both entry points, which need no types of Node.js', async () => {
    await writeFile(
      join(program, 'typed.ts'),
      `import { LicenseClient, type ClientOptions } from '@imprimatur/client';
       import { deviceFingerprint, fileStore } from '@imprimatur/client/node';
       const common = { baseUrl: '', tenantId: 't', licenseKey: '', fingerprint: await deviceFingerprint({ salt: 's' }) };
       export const client = new LicenseClient({ ...common, keys: [{ x: '' }], store: fileStore('state') });
       export const unsigned: ClientOptions = { ...common, unsigned: true };
       // @ts-expect-error: one of keys and unsigned is required
       export const neither: ClientOptions = common;
       // @ts-expect-error: keys and unsigned exclude each other
       export const both: ClientOptions = { ...common, keys: [], unsigned: true };`,
    );
    const options = ['--noEmit', '--strict', '--module', 'nodenext', '--lib', 'es2022,dom'];
    const tsc = join(dirname(resolve('node_modules/typescript/package.json')), 'bin/tsc');
    const checked = await run(process.execPath, [tsc, ...options, 'typed.ts'], { cwd: program }).catch(
      (error: unknown) => error as { stdout: string },
    );
    expect(checked.stdout).toBe('');
  });

  it('has its README and its license', async () => {
    const installed = join(program, 'node_modules/@imprimatur/client');
    expect(await readFile(join(installed, 'README.md'), 'utf8')).toContain('# @imprimatur/client');
    expect(await readFile(join(installed, 'LICENSE'), 'utf8')).toBe(await readFile('LICENSE', 'utf8'));
  });
});
