import { gzipSync } from 'node:zlib';
import { expect, it } from '@jest/globals';
import { bundleClient } from '../bundle.mjs';

it('is under 10 kB, minified and gzipped, and needs nothing but the platform', async () => {
  const { outputFiles, metafile } = await bundleClient();
  const [bundle] = outputFiles;
  expect(bundle?.contents.length).toBeGreaterThan(3_000);
  expect(gzipSync(bundle?.contents ?? '').length).toBeLessThan(10_000);
  expect(Object.keys(metafile.inputs).filter((input) => !input.startsWith('packages/client/src/'))).toEqual([]);
});
