// Builds the admin UI into dist/admin when its sources differ from those it was built from, and does nothing otherwise.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { extname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const COMPRESSED = ['.html', '.js', '.css', '.svg'];

/** Types and tests are no part of the bundle. */
const isSource = ({ name }) => !/\.(?:d|spec)\.tsx?$/.test(name);

function filesOf(folder, wanted = () => true) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('node_modules') && wanted(entry))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function fingerprint(root, folder) {
  const hash = createHash('sha256');
  const settings = ['package-lock.json', 'scripts/build-admin-ui.mjs'].map((name) => join(root, name));
  for (const file of [...settings, ...filesOf(folder, isSource)])
    hash.update(relative(root, file)).update('\0').update(readFileSync(file));
  return hash.digest('hex');
}

/** Compresses every file once, so that the server only chooses. */
function compress(folder) {
  for (const file of filesOf(folder, ({ name }) => COMPRESSED.includes(extname(name)))) {
    const content = readFileSync(file);
    const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: content.length };
    writeFileSync(`${file}.br`, brotliCompressSync(content, { params }));
    writeFileSync(`${file}.gz`, gzipSync(content, { level: 9 }));
  }
}

export async function buildAdminUi(root) {
  const folder = join(root, 'packages/admin');
  const stamp = join(root, 'dist/admin/.built-from');
  const current = fingerprint(root, folder);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === current) return;
  let vite;
  try {
    vite = await import(pathToFileURL(createRequire(join(folder, 'package.json')).resolve('vite')).href);
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND') throw error;
    console.error('The admin UI changed since the last build and Vite is not installed. Run "npm ci" and build again.');
    process.exit(1);
  }
  console.log('Building the admin UI …');
  await vite.build({ root: folder, logLevel: 'warn' });
  compress(join(root, 'dist/admin'));
  writeFileSync(stamp, current);
}
