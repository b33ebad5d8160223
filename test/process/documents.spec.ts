import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { runInThisContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LicenseClient } from '../../packages/client/src/index.js';
import { blocksOf, DOCUMENTS } from '../support/markdown.js';
import { ServerProcess } from '../support/server.js';

/** Commands that install packages or name another machine. */
const ELSEWHERE = /npm ci|npm install|example\.com/;
const PROBLEM = /"type":"urn:imprimatur:problem:[A-Z_]+".{0,300}/;
/** Prints the environment that the blocks before exported. */
const VARIABLES = `node -p 'JSON.stringify(process.env)'\n`;
const MARK = '\n=== block ===\n';

const pages = DOCUMENTS.filter((path) => path === 'README.md' || /^docs\/[^/]+$/.test(path))
  .map((path) => ({
    path,
    blocks: blocksOf(path, 'sh')
      .filter(({ content, notRun }) => notRun === undefined && !ELSEWHERE.test(content))
      .map(({ content }) => content),
  }))
  .filter(({ blocks }) => blocks.length > 0);

/** Further guarantees of a page, after its commands. */
const CHECKS: Record<string, (outputs: string[], variables: Record<string, string>, url: string) => unknown> = {
  'README.md': async ([issued], variables, url) => {
    expect(issued).toContain('"license_key":"');
    expect(await runProgram(variables, url)).toEqual([[true, 'VALID']]);
  },
  'docs/client.md': ([validated]) => {
    expect(validated).toMatch(/\{"valid":true,"code":"VALID",[^\n]*$/);
  },
};

/** The commands of the documents as a reader pastes them: page by page, in one shell, with a server that runs. */
describe('the commands of the documents', () => {
  const server = ServerProcess.create();
  let folder: string;

  beforeAll(async () => {
    // The folder of the reader: files that commands write stay out of the repository.
    folder = await mkdtemp(join(tmpdir(), 'imprimatur-reader-'));
    const entries = (await readdir('.')).filter((name) => name !== '.data' && name !== '.git');
    await Promise.all(entries.map((name) => symlink(resolve(name), join(folder, name))));
    await (await server).start();
    const license = { license_template_id: 'professional-isp', customer_id: 'customer-001' };
    expect((await (await server).fetch('/licenses', { method: 'POST', body: license })).status).toBe(201);
  }, 90_000);

  afterAll(async () => {
    await (await server).cleanUp();
    await rm(folder, { recursive: true, force: true });
  });

  /** Runs blocks in one shell, and returns the output of each. */
  async function paste(blocks: readonly string[]): Promise<string[]> {
    const { url, dataDir } = await server;
    const script = blocks
      .join(`printf '${MARK.replaceAll('\n', '\\n')}'\n`)
      .replaceAll('http://127.0.0.1:3000', url)
      .replaceAll('.data/', `${dataDir}/`)
      .replaceAll('/var/backups', folder);
    const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], {
      cwd: folder,
      env: { ...process.env, DATA_DIR: dataDir, npm_config_update_notifier: 'false' },
      timeout: 60_000,
      maxBuffer: 16 * 1024 * 1024,
    });
    return stdout.split(MARK);
  }

  it('are in as many documents as there are commands for', () => {
    expect(pages.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['README.md', 'docs/api.md', 'docs/client.md']),
    );
    expect(pages.flatMap(({ blocks }) => blocks).length).toBeGreaterThan(25);
  });

  it.each(pages.map(({ path, blocks }) => [path, blocks] as const))('of %s succeed', async (path, blocks) => {
    const outputs = await paste([...blocks, VARIABLES]);
    expect(outputs).toHaveLength(blocks.length + 1);
    outputs.forEach((output, at) => {
      expect({ command: blocks[at], problem: PROBLEM.exec(output)?.[0] }).toEqual({ command: blocks[at] });
    });
    const variables = JSON.parse(outputs.at(-1) ?? '') as Record<string, string>;
    await CHECKS[path]?.(outputs, variables, (await server).url);
  });
});

describe('the tables of the documents', () => {
  it('are what the code says', async () => {
    await promisify(execFile)(process.execPath, ['scripts/docs.mjs', '--check']);
  });
});

/** Runs the program of the README with what its commands exported. */
async function runProgram(env: Record<string, string>, url: string): Promise<unknown[][]> {
  const [program] = blocksOf('README.md', 'js');
  const body = program?.content.replace(/^import .*$/m, '').replaceAll('http://127.0.0.1:3000', url) ?? '';
  const printed: unknown[][] = [];
  const run = runInThisContext(`(async (LicenseClient, process, console) => {${body}})`) as (
    ...given: unknown[]
  ) => Promise<void>;
  await run(LicenseClient, { env }, { log: (...words: unknown[]) => printed.push(words) });
  return printed;
}
