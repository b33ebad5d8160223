import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BUILT_DOCUMENT_FILE, builtDocument, exampleOf, operations, type Route } from '../support/openapi.js';

const run = promisify(execFile);
const modules = resolve('node_modules');

/** True if both types are the same and none is `any`. */
const PROLOGUE = `import createClient from 'openapi-fetch';
import type { components, paths } from './openapi.js';

type IsAny<T> = 0 extends 1 & T ? true : false;
type Same<A, B> = IsAny<A> extends true ? false : [A, B] extends [B, A] ? true : false;
const client = createClient<paths>({ baseUrl: 'http://127.0.0.1' });
`;

/** Without this flag, members that have a default would be required in requests, too. */
const FLAGS = ['--default-non-nullable=false'];

const OPTIONS = {
  compilerOptions: {
    strict: true,
    noEmit: true,
    target: 'es2023',
    lib: ['es2023', 'dom', 'dom.iterable'],
    module: 'nodenext',
    types: [],
    skipLibCheck: false,
    paths: { 'openapi-fetch': [join(modules, 'openapi-fetch/dist/index.d.mts')] },
  },
  files: ['calls.mts'],
};

describe('the types that openapi-typescript generates from the OpenAPI document', () => {
  let folder: string;
  const routes = operations(builtDocument);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'imprimatur-types-'));
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(OPTIONS));
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('are generated without a warning', async () => {
    const cli = join(modules, 'openapi-typescript/bin/cli.js');
    const types = join(folder, 'openapi.d.ts');
    const { stdout, stderr } = await run(process.execPath, [cli, BUILT_DOCUMENT_FILE, ...FLAGS, '--output', types]);
    const lines = `${stdout}\n${stderr}`.split('\n').filter((line) => line.trim() !== '');
    // The generator prints its name and the file.
    expect(lines).toEqual([
      expect.stringMatching(/^✨ openapi-typescript/),
      expect.stringMatching(/^🚀 .*openapi\.d\.ts/),
    ]);
    // The admin UI is built without the document, so its types are kept. `npm run admin-types` writes them.
    expect(await readFile(types, 'utf8')).toBe(await readFile('packages/admin/src/api/openapi.d.ts', 'utf8'));
  });

  it('fit a call of every operation by its example, name the schema of each answer, and fit no other body', async () => {
    expect(routes.length).toBeGreaterThanOrEqual(66);
    expect(routes.filter((route) => rowOf(route) !== undefined).length).toBeGreaterThanOrEqual(9);
    const withBody = routes.filter(({ operation }) => operation.requestBody);
    expect(withBody.length).toBeGreaterThanOrEqual(30);
    const wrong = withBody.map((route) => callOf(route, WRONG_BODY, 'Wrongly'));
    expect(await compile([...routes.map((route) => callOf(route)), ...wrong])).toBe('');
  });

  /** The compiler's errors. */
  async function compile(calls: readonly string[]): Promise<string> {
    await writeFile(join(folder, 'calls.mts'), [PROLOGUE, ...calls].join('\n'));
    const compiler = join(modules, 'typescript-7/bin/tsc');
    const { stdout } = await run(process.execPath, [compiler, '--project', folder]).catch((error: unknown) => {
      return error as { stdout: string };
    });
    return stdout;
  }
});

const WRONG_BODY = '// @ts-expect-error: no schema is null\nbody: null,';

/** A function that calls the operation with its path parameters and the body of its example, and asserts the types of the answer. */
function callOf(route: Route, body?: string, suffix = ''): string {
  const { path, method, operation } = route;
  const example = exampleOf(builtDocument, route);
  const parameters = (operation.parameters ?? []).filter(({ in: place }) => place === 'path');
  const inPath = Object.fromEntries(parameters.map(({ name, example: value }) => [name, value]));
  const options = [
    parameters.length === 0 ? '' : `params: { path: ${JSON.stringify(inPath)} },`,
    body ?? (example.body === undefined ? '' : `body: ${JSON.stringify(example.body)},`),
  ];
  const row = rowOf(route);
  return `export async function ${operation.operationId}${suffix}() {
  const { data, error } = await client.${method.toUpperCase()}(${JSON.stringify(path)}, {
${options.join('\n')}
  });
  const typed: Same<typeof data, ${typeOfAnswer(route)} | undefined> = true;
  const code: components['schemas']['ProblemCode'] | undefined = error?.code;
  ${row === undefined ? '' : `for (const row of data?.data ?? []) { const typed: Same<typeof row, ${row}> = true; }`}
}`;
}

function typeOfAnswer({ operation }: Route): string {
  const [, response] = Object.entries(operation.responses).find(([status]) => status.startsWith('2')) ?? [];
  // An answer of headers alone has no body to type.
  if (response?.content === undefined) return 'undefined';
  const { schema } = Object.values(response.content)[0] ?? {};
  return schema?.$ref === undefined ? 'string' : typeNamed(schema.$ref);
}

/** The type of a list's rows; undefined if the operation is no list. */
function rowOf({ operation }: Route): string | undefined {
  const $ref = operation.responses['200']?.content?.['application/json']?.schema.$ref;
  const page = ($ref && builtDocument.components?.schemas?.[nameOf($ref)]) as Page | undefined;
  return page?.properties?.next_cursor && page.properties.data && typeNamed(page.properties.data.items.$ref);
}

interface Page {
  readonly properties?: {
    readonly next_cursor?: object;
    readonly data?: { readonly items: { readonly $ref: string } };
  };
}

const nameOf = ($ref: string) => $ref.slice($ref.lastIndexOf('/') + 1);
const typeNamed = ($ref: string) => `components['schemas']['${nameOf($ref)}']`;
