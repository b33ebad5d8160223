// Puts each program of dist/ with all its modules, the installed ones too, into a few files, because to find and open a file for each module
// takes Node longer than to run it (decision 0040). The other files of dist/ stay for tests and scripts that import a single module.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

/** Modules of CommonJS, which expect these names, become part of a file that is an ES module. */
const COMMONJS = `
import { createRequire as bundleRequire } from 'node:module';
import { dirname as bundleDirname } from 'node:path';
import { fileURLToPath as bundleFile } from 'node:url';
const require = bundleRequire(import.meta.url);
const __filename = bundleFile(import.meta.url);
const __dirname = bundleDirname(__filename);`;

/** A package that is not installed is an option of Nest or TypeORM, which look for it when they run. */
const optionalPackages = {
  name: 'optional-packages',
  setup({ onResolve, resolve }) {
    onResolve({ filter: /^[^./]/ }, async ({ path, kind, importer, resolveDir, pluginData }) => {
      if (pluginData === optionalPackages) return undefined;
      const found = await resolve(path, { kind, importer, resolveDir, pluginData: optionalPackages });
      return found.errors.length === 0 ? found : { path, external: true };
    });
  },
};

/** The library of workflows reads a configuration file with this parser only in its own command, which nothing here runs. */
const unusedParser = {
  name: 'unused-parser',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^yaml$/ }, ({ path, importer }) =>
      importer.includes('@dbos-inc') ? { path, namespace: 'unused' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'unused' }, () => ({ contents: 'module.exports = {};' }));
  },
};

/**
 * `@nestjs/typeorm` looks for two classes that TypeORM no longer has, and would load the installed TypeORM for that, beside the one in the
 * bundle.
 */
const removedClasses = {
  name: 'removed-classes',
  setup({ onLoad }) {
    onLoad({ filter: /@nestjs\/typeorm\/dist\/common\/typeorm-compat\.js$/ }, () => ({
      contents: 'export const Connection = undefined, AbstractRepository = undefined;',
    }));
  },
};

/** The programs that scripts of package.json start, with the names of their bundles. */
function programs(root) {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const bundles = Object.values(scripts).flatMap((script) => script.match(/\bdist\/[\w/-]+\.bundle\.js/g) ?? []);
  const names = [...new Set(bundles)].map((bundle) => bundle.slice('dist/'.length, -'.bundle.js'.length));
  return Object.fromEntries(names.map((name) => [`${name}.bundle`, `dist/${name}.js`]));
}

/**
 * V8 keeps the text of a file in two bytes a character if one of its characters needs them. These are in comments, since esbuild escapes those
 * in strings, and a question mark takes the place of each.
 */
const asciiComments = {
  name: 'ascii-comments',
  setup({ initialOptions, onEnd }) {
    initialOptions.write = false;
    onEnd(({ outputFiles = [] }) => {
      for (const { path, text } of outputFiles)
        writeFileSync(path, path.endsWith('.js') ? text.replaceAll(/\P{ASCII}/gu, '?') : text);
    });
  },
};

/** Bundles the programs of dist/. Modules that they share stand directly in dist/, because some find files relative to themselves. */
export async function bundlePrograms(root) {
  await build({
    absWorkingDir: root,
    entryPoints: { ...programs(root), 'workflow-thread.bundle': 'dist/workflows/engine/dbos-thread.js' },
    outdir: 'dist',
    bundle: true,
    splitting: true,
    chunkNames: 'shared-[hash].bundle',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    sourcemap: true,
    sourcesContent: false,
    banner: { js: COMMONJS },
    plugins: [unusedParser, removedClasses, optionalPackages, asciiComments],
    logLevel: 'warning',
  });
}
