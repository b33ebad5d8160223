import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

interface Lock {
  readonly packages: Readonly<Record<string, { license?: string; hasInstallScript?: boolean }>>;
}

const read = (path: string) => readFileSync(path, 'utf8');
const programs = readdirSync('bench', { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.mjs') && !name.includes('node_modules'))
  .map((name) => join('bench', name));

describe('the benchmark', () => {
  it('imports what its files export, because no test runs it', () => {
    const imports = programs.flatMap((path) =>
      [...read(path).matchAll(/import \{([^}]*)\} from '(\.[\w./-]+\.mjs)'/g)].flatMap(([, names = '', from = '']) =>
        names.split(',').flatMap((name) => ({ path, name: name.trim(), file: join(dirname(path), from) })),
      ),
    );
    const named = imports.filter(({ name }) => name !== '');
    const missing = named.filter(
      ({ name, file }) => !new RegExp(`^export (?:async )?(?:function|const) ${name}\\b`, 'm').test(read(file)),
    );
    expect(named.length).toBeGreaterThan(100);
    expect(missing).toEqual([]);
  });

  it('explains every scenario', () => {
    const sources = ['bench/scenarios.mjs', 'bench/client-scenarios.mjs'].map(read).join('');
    const names = [...sources.matchAll(/(?:\bname: |ofPrograms\()'([^']+)'/g)].map(([, name = '']) => name);
    expect(names.length).toBeGreaterThan(12);
    expect(names.filter((name) => !read('bench/README.md').includes(`**${name}**`))).toEqual([]);
  });

  it('keeps its peers out of what everybody installs, and installs nothing of them that runs or is not free', () => {
    const own = JSON.parse(read('package-lock.json')) as Lock;
    const peers = JSON.parse(read('bench/peers/package-lock.json')) as Lock;
    const installed = Object.entries(peers.packages).filter(([path]) => path !== '');
    expect(Object.keys(own.packages).filter((path) => /better-auth|bench/.test(path))).toEqual([
      'node_modules/platform-express-for-bench',
    ]);
    expect(installed.length).toBeGreaterThan(10);
    expect(installed.filter(([, { hasInstallScript }]) => hasInstallScript)).toEqual([]);
    expect(installed.filter(([, { license = '' }]) => !/^(?:MIT|ISC|Apache-2.0)$/.test(license))).toEqual([]);
  });
});
