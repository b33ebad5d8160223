import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import accepts from 'accepts';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { problem, sendProblem } from './shared/http/problem.js';

/** Files that `npm run build` has written. The path is the same from src/, where tests run. */
const FOLDER = fileURLToPath(new URL('../dist/admin/', import.meta.url));
const INDEX = 'index.html';
/** Names of assets hold a digest of their content. */
const ASSETS = 'assets/';
const FOREVER = 'public, max-age=31536000, immutable';
const ALWAYS_ASK = 'no-cache';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Suffixes of compressed files, by content coding, the best first. */
const CODINGS: Readonly<Record<string, string>> = { br: '.br', gzip: '.gz' };

/** A file in all its codings. */
interface StaticFile {
  readonly type: string;
  readonly codings: ReadonlyMap<string, Buffer>;
}

/**
 * Serves the admin UI from buffers that all responses share. An address below /admin/ that is no file belongs to the application in the
 * browser, which starts from its first page.
 */
export function serveAdminUi(fastify: FastifyInstance): void {
  const files = readFiles();
  const index = files.get(INDEX);
  if (!index) throw new Error(`The admin UI is not built: ${FOLDER} has no ${INDEX}. Run "npm run build".`);
  fastify.get('/admin', (_request, reply) => reply.redirect('admin/'));
  fastify.get<{ Params: { '*': string } }>('/admin/*', (request, reply) => {
    const name = request.params['*'];
    const file = files.get(name);
    if (file) return send(request, reply, file, name.startsWith(ASSETS) ? FOREVER : ALWAYS_ASK);
    if (!name.startsWith(ASSETS)) return send(request, reply, index, ALWAYS_ASK);
    sendProblem(reply, problem(404, 'ROUTE_NOT_FOUND', 'The admin UI has no such file.', request.id));
    return reply;
  });
}

function readFiles(): ReadonlyMap<string, StaticFile> {
  const names = readdirSync(FOLDER, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(FOLDER.length).replaceAll('\\', '/'));
  const known = new Set(names);
  const read = (name: string) => readFileSync(join(FOLDER, name));
  return new Map(
    names
      .filter((name) => TYPES[extname(name)] !== undefined)
      .map((name) => {
        const compressed = Object.entries(CODINGS).filter(([, suffix]) => known.has(name + suffix));
        const codings = new Map(compressed.map(([coding, suffix]) => [coding, read(name + suffix)]));
        return [name, { type: TYPES[extname(name)] ?? '', codings: codings.set('identity', read(name)) }];
      }),
  );
}

function send(request: FastifyRequest, reply: FastifyReply, { type, codings }: StaticFile, cache: string) {
  const accepted = accepts(request.raw);
  const coding = [...codings.keys()].find((name) => accepted.encodings([name]) === name) ?? 'identity';
  if (coding !== 'identity') void reply.header('Content-Encoding', coding);
  return reply.headers({ 'Cache-Control': cache, Vary: 'Accept-Encoding' }).type(type).send(codings.get(coding));
}
