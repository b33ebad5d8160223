// Builds into dist/ when the sources differ from those it was built from, and does nothing otherwise, so that a built tree
// starts at once and also without the development dependencies.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildAdminUi } from './build-admin-ui.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stamp = join(root, 'dist', '.built-from');

function fingerprint() {
  const hash = createHash('sha256');
  const sources = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.spec.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const settings = [
    'package-lock.json',
    'tsconfig.json',
    'tsconfig.build.json',
    'scripts/build.mjs',
    'scripts/openapi-document.mjs',
    'scripts/bundle.mjs',
  ].map((name) => join(root, name));
  for (const file of [...settings, ...sources])
    hash.update(relative(root, file)).update('\0').update(readFileSync(file));
  return hash.digest('hex');
}

const current = fingerprint();
if (existsSync(stamp) && readFileSync(stamp, 'utf8') === current) {
  await buildAdminUi(root);
  process.exit(0);
}

let compiler;
try {
  compiler = join(dirname(createRequire(import.meta.url).resolve('typescript-7/package.json')), 'bin', 'tsc');
} catch {
  console.error(
    'The sources changed since the last build and the compiler is not installed. Run "npm ci" and build again.',
  );
  process.exit(1);
}
console.log('Building …');
// The admin UI has a fingerprint of its own.
for (const name of existsSync(join(root, 'dist')) ? readdirSync(join(root, 'dist')) : [])
  if (name !== 'admin') rmSync(join(root, 'dist', name), { recursive: true, force: true });
const { status, signal, error } = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
});
if (status === null) console.error(`The compiler did not run to its end: ${error?.message ?? signal}.`);
if (status !== 0) process.exit(status ?? 1);
// The server serves this file: to build the document at each start would double the CPU time of the start.
const { openApiDocument } = await import('./openapi-document.mjs');
writeFileSync(join(root, 'dist', 'openapi.json'), JSON.stringify(await openApiDocument()));
const { bundlePrograms } = await import('./bundle.mjs');
await bundlePrograms(root);
await buildAdminUi(root);
writeFileSync(stamp, current);
