import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ServerProcess } from '../support/server.js';

const README = readFileSync('README.md', 'utf8');

/** What a newcomer pastes: the first block of commands under this heading. */
function block(heading: string): string {
  const section = README.slice(README.indexOf(`\n${heading}\n`)).slice(1);
  const [, commands] = /```sh\n([\s\S]*?)```/.exec(section) ?? [];
  if (!section.startsWith(heading) || commands === undefined) throw new Error(`The README has no ${heading}.`);
  return commands;
}

describe('the tour of the README', () => {
  const server = ServerProcess.create();

  beforeAll(async () => (await server).start(), 90_000);
  afterAll(async () => (await server).cleanUp());

  async function paste(commands: string): Promise<string> {
    const { url, dataDir } = await server;
    const here = commands.replaceAll('http://127.0.0.1:3000', url).replaceAll('.data/', `${dataDir}/`);
    return (await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', here])).stdout;
  }

  it('issues a license from the sample data', async () => {
    expect(await paste(block('## The first license'))).toContain('"license_key":"');
  });

  it('comes to a license that is valid on the newcomer’s own machine', async () => {
    expect(await paste(block('### From a program: the client API'))).toMatch(/\{"valid":true,"code":"VALID",[^\n]*$/);
  });
});
