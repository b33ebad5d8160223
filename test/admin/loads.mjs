import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';

const FIRST_LOAD_LIMIT_BYTES = 230_000;

/** How much a browser loads before somebody sees the dashboard. */
export async function loads({ open, signIn, step }) {
  await step(`the first load is at most ${FIRST_LOAD_LIMIT_BYTES / 1_000} kB`, async () => {
    const page = await open();
    const bodies = [];
    page.on('response', (response) => {
      if (new URL(response.url()).pathname.startsWith('/admin')) bodies.push(response.body());
    });
    await signIn(page);
    const bytes = (await Promise.all(bodies)).reduce((sum, body) => sum + gzipSync(body).length, 0);
    console.log(`   ${bytes} bytes, compressed`);
    assert.ok(bytes > 100_000 && bytes <= FIRST_LOAD_LIMIT_BYTES, `${bytes} bytes`);
  });
}
