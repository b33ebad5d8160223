import { build } from 'esbuild';

/** The package as a page would carry it, from the root of the repository. `options` are esbuild's. */
export function bundleClient(options) {
  return build({
    entryPoints: ['packages/client/src/index.ts'],
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    write: false,
    metafile: true,
    ...options,
  });
}
