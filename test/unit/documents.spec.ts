import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { blocksOf, brokenLinksOf, DOCUMENTS } from '../support/markdown.js';

/** Imports of a block, each with the names that it takes. */
function importsOf(content: string): { names: string[]; from: string }[] {
  return [...content.matchAll(/^(?:import|export) \{(.*)\} from '(\..*)\.js';$/gm)].map(
    ([, names = '', from = '']) => ({
      names: names.split(',').map((name) => name.trim().replace(/^type /, '')),
      from,
    }),
  );
}

describe('the documents', () => {
  it('have links that lead to files and headings', () => {
    expect(DOCUMENTS.length).toBeGreaterThan(40);
    const broken = DOCUMENTS.flatMap((path) => brokenLinksOf(path).map((target) => `${path}: ${target}`));
    expect(broken).toEqual([]);
  });

  it('begin with a README of at most 120 lines', () => {
    expect(readFileSync('README.md', 'utf8').trimEnd().split('\n').length).toBeLessThanOrEqual(120);
  });

  it('are where the source says', () => {
    const sources = ['src', 'packages/client/src', 'bench', 'scripts'].flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((name) => /\.(ts|mjs)$/.test(name) && !name.includes('node_modules'))
        .map((name) => join(folder, name)),
    );
    const named = sources.flatMap((path) => [
      ...readFileSync(path, 'utf8').matchAll(/docs\/[a-z0-9/-]+\.(?:md|vectors\.json)/g),
    ]);
    expect(named.length).toBeGreaterThan(10);
    expect(named.map(([path]) => path).filter((path) => !existsSync(path))).toEqual([]);
  });

  it('name files that exist', () => {
    const spans = /`((?:src|test|scripts|bench|packages|examples|docs)\/[\w./-]+\.(?:ts|mjs|json|md))`/g;
    const named = DOCUMENTS.filter((path) => path !== 'CHANGELOG.md').flatMap((path) =>
      [...readFileSync(path, 'utf8').matchAll(spans)].map(([, name = '']) => `${path}: ${name}`),
    );
    const missing = named.filter((found) => !existsSync(found.split(': ')[1] ?? ''));
    // The module that docs/bus.md has as its example.
    expect(missing.filter((found) => !found.includes('src/onboarding/'))).toEqual([]);
  });

  it('import what the modules export', async () => {
    const imports = blocksOf('docs/bus.md', 'ts').flatMap(({ content }) => importsOf(content));
    const ofSource = imports.filter(({ from }) => existsSync(`${sourceOf(from)}.ts`));
    expect(ofSource.length).toBeGreaterThan(5);
    for (const { names, from } of ofSource) {
      const exported = (await import(resolve(`${sourceOf(from)}.ts`))) as object;
      expect(Object.keys(exported)).toEqual(expect.arrayContaining(names));
    }
    const own = ['./onboarding/index', './onboarding', './welcome.handler'];
    expect(imports.filter((found) => !ofSource.includes(found)).map(({ from }) => from)).toEqual(own);
  });

  it('name methods and functions that the client package has', async () => {
    const client = (await import(resolve('packages/client/src/index.ts'))) as { LicenseClient: { prototype: object } };
    const documented = [
      ...readFileSync('packages/client/README.md', 'utf8').matchAll(/`(\w+)\((?:\w+(?:, \w+)*|text, .*?)?\)`/g),
    ].map(([, name]) => name);
    expect(documented).toContain('check');
    const exported = [...Object.keys(client), ...Object.getOwnPropertyNames(client.LicenseClient.prototype)];
    expect(exported).toEqual(expect.arrayContaining(documented));
  });

  it('name metrics and settings that exist', () => {
    const page = readFileSync('docs/operations.md', 'utf8');
    const dashboard = readFileSync('docs/grafana-dashboard.json', 'utf8');
    expect(() => JSON.parse(dashboard) as unknown).not.toThrow();
    const rules = blocksOf('docs/operations.md', 'yaml').map(({ content }) => content);
    const named = `${dashboard}${rules.join('')}`.matchAll(/\b(?:http|imprimatur|nodejs|process)_[a-z0-9_]+/g);
    const metrics = [...new Set([...named].map(([name]) => name.replace(/_(?:bucket|sum|count)$/, '')))];
    expect(metrics.length).toBeGreaterThan(15);
    expect(metrics.filter((name) => !page.includes(`| \`${name}\``))).toEqual([]);
  });
});

/** Where the module of docs/bus.md, in a folder under src/, finds what it imports. */
function sourceOf(from: string): string {
  return join(dirname('src/onboarding/x'), from);
}
