import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { EmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres.js';
import { isAlive } from '../../src/embedded-postgres/is-alive.js';
import { query } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { ServerProcess } from '../support/server.js';

const SECRET_FILES = ['admin.key', 'master.key', 'lookup.key', 'postgres.password'];
const ORDER = { license_template_id: 'professional-isp', customer_id: 'customer-001' };

describe('the server process', () => {
  let server: ServerProcess;

  beforeAll(async () => {
    // The servers of `npm start` have the engine of workflows.
    server = await ServerProcess.create({ WORKFLOWS: 'off' });
    await server.start();
    expect((await server.fetch('/licenses', { method: 'POST', body: ORDER })).status).toBe(201);
  });

  afterAll(() => server.cleanUp());

  it('keeps its secrets in files that only its user may read, and out of its output', async () => {
    for (const file of SECRET_FILES) {
      const path = join(server.dataDir, file);
      expect((await stat(path)).mode & 0o777).toBe(0o600);
      expect(server.output).not.toContain((await readFile(path, 'utf8')).trim());
    }
  });

  it('logs each request as JSON with its id, tenant and duration', async () => {
    await server.fetch('/products');
    const line = await eventually(() => {
      const found = server.output.split('\n').find((text) => text.includes('"/v1/products"'));
      expect(found).toBeDefined();
      return found ?? '';
    });
    expect(JSON.parse(line)).toMatchObject({
      level: 'log',
      message: {
        tenant_id: 'tenant-001',
        method: 'GET',
        status: 200,
        request_id: expect.any(String),
        duration_ms: expect.any(Number),
      },
    });
  });

  it('prints nothing but its log while it streams answers', async () => {
    const printedBefore = server.output.length;
    const headers = {
      Authorization: `Bearer ${await server.key()}`,
      Accept: 'application/x-ndjson',
      'Content-Type': 'application/x-ndjson',
    };
    const body = `${JSON.stringify({ ...ORDER, license_template_id: 'none' })}\n`;
    for (const [path, init, lines] of [
      // The license of the sample data, and the one that was issued.
      ['/licenses', { headers }, 2],
      ['/licenses:batch-issue', { method: 'POST', headers, body }, 1],
    ] as const) {
      const answer = await fetch(`${server.url}/v1${path}`, init);
      expect([answer.status, (await answer.text()).trim().split('\n').length]).toEqual([200, lines]);
    }
    const printed = await eventually(() => {
      const lines = server.output.slice(printedBefore).trim().split('\n');
      expect(lines.filter((line) => line.includes('batch-issue'))).toHaveLength(1);
      return lines;
    });
    expect(printed.filter((line) => !line.startsWith('{'))).toEqual([]);
  });

  it('refuses a second start on its folder and names the process that has it', async () => {
    const second = new ServerProcess(server.dataDir, { WORKFLOWS: 'off' });
    expect(await second.startRefused()).toBe(1);
    expect(second.output).toContain(`is in use by imprimatur server (process ${server.pid})`);
    expect((await server.fetch('/licenses')).status).toBe(200);
  });

  it('after kill -9 adopts the PostgreSQL that lives on', async () => {
    const { pid } = await server.postmaster();
    await server.kill('SIGKILL');
    expect(isAlive(pid)).toBe(true);
    await server.start();
    expect((await server.postmaster()).pid).toBe(pid);
    expect(((await (await server.fetch('/licenses')).json()) as { data: unknown[] }).data).toHaveLength(2);
  });

  it('goes on serving when one process of PostgreSQL was killed and PostgreSQL recovers', async () => {
    const { pid } = await server.postmaster();
    for (const [round, role] of ['imprimatur_app', 'postgres'].entries()) {
      const [backend] = await query<{ pid: number }>(
        await server.superuserUrl(),
        'SELECT pid FROM pg_stat_activity WHERE usename = $1 AND pid <> pg_backend_pid() LIMIT 1',
        [role],
      );
      process.kill(backend?.pid ?? 0, 'SIGKILL');
      await eventually(() => {
        expect(server.output.split('The embedded PostgreSQL has recovered.')).toHaveLength(round + 2);
      }, 30_000);
      await eventually(async () => {
        expect((await server.fetch('/licenses', { method: 'POST', body: ORDER })).status).toBe(201);
        expect((await fetch(`${server.url}/health/ready`)).status).toBe(200);
      });
    }
    expect((await server.postmaster()).pid).toBe(pid);
    const second = new ServerProcess(server.dataDir, { WORKFLOWS: 'off' });
    expect(await second.startRefused()).toBe(1);
    expect(second.output).toContain(`is in use by imprimatur server (process ${server.pid})`);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('ends in order on %s, PostgreSQL last', async (signal) => {
    const { pid } = await server.postmaster();
    expect(await server.kill(signal)).toBe(0);
    expect(isAlive(pid)).toBe(false);
    await server.start();
  });

  it('ends in order when nobody reads its log any more', async () => {
    const { pid } = await server.postmaster();
    server.closeOutput();
    await server.fetch('/products');
    expect(await server.end()).toBe(0);
    expect(isAlive(pid)).toBe(false);
    await server.start();
  });

  it.each([
    ['MASTER_KEY', 'master.key'],
    ['LOOKUP_KEY', 'lookup.key'],
  ])('refuses to start when the %s that licenses were issued with is missing or wrong', async (variable, file) => {
    await server.kill('SIGTERM');
    const path = join(server.dataDir, file);
    const right = await readFile(path, 'utf8');
    await rm(path);
    expect(await server.startRefused()).toBe(1);
    expect(server.output).toContain(variable);
    await writeFile(path, randomBytes(32).toString('hex'), { mode: 0o600 });
    expect(await server.startRefused()).toBe(1);
    expect(server.output).toContain(`${variable} does not match`);
    await writeFile(path, right, { mode: 0o600 });
    await server.start();
  });
});

describe('npm start', () => {
  let server: ServerProcess;

  beforeAll(async () => {
    server = await ServerProcess.create({ HOME: tmpdir() }, ['npm', 'start']);
  });

  afterAll(() => server.cleanUp());

  it.each([
    ['Ctrl-C, which the server gets from the terminal and from npm', () => server.interrupt()],
    ['SIGTERM to npm', () => server.kill('SIGTERM')],
  ])('ends in order on %s', async (_, end) => {
    await server.start();
    expect(server.output).toMatch(/is ready after \d+\.\d s/);
    const { pid } = await server.postmaster();
    await end();
    expect(isAlive(pid)).toBe(false);
  });

  it('ends with a sentence when its PostgreSQL was killed, and recovers at the next start', async () => {
    await server.start();
    expect((await server.fetch('/licenses', { method: 'POST', body: ORDER })).status).toBe(201);
    process.kill((await server.postmaster()).pid, 'SIGKILL');
    await server.end();
    expect(server.output).toContain('Imprimatur ended. The embedded PostgreSQL ended; see postgres.log.');
    expect(server.output).not.toContain('did not start');
    await server.start();
    expect((await server.fetch('/licenses')).status).toBe(200);
    await server.interrupt();
  });
});

describe('the launcher of the embedded PostgreSQL', () => {
  let dataDir: string;
  const started: EmbeddedPostgres[] = [];

  const start = async (options?: { allowShared: boolean }) => {
    const embedded = await EmbeddedPostgres.start(dataDir, 'a test', options);
    started.push(embedded);
    return embedded;
  };

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'imprimatur-launcher-'));
  });

  afterEach(async () => {
    for (const embedded of started.splice(0).reverse()) await embedded.stop();
  });

  afterAll(() => rm(dataDir, { recursive: true, force: true }));

  it('removes what a killed initdb left, and starts', async () => {
    const abandoned = join(dataDir, 'postgres.init-999999999');
    await mkdir(join(abandoned, 'cluster'), { recursive: true });
    const embedded = await start();
    expect(isAlive(embedded.postmasterPid)).toBe(true);
    await expect(stat(abandoned)).rejects.toThrow('ENOENT');
  });

  it('is not stopped by a postmaster.pid that names a living process of another kind', async () => {
    await writeFile(
      join(dataDir, 'postgres', 'postmaster.pid'),
      `${process.pid}\n${dataDir}/postgres\n0\n5432\n/tmp\n\n`,
    );
    expect((await start()).postmasterPid).not.toBe(process.pid);
  });

  it('is not stopped by the lock of a socket that names a living process of another kind', async () => {
    await writeFile(join(dataDir, 'run', '.s.PGSQL.5432.lock'), `${process.pid}\n${dataDir}/postgres\n`);
    expect((await start()).postmasterPid).not.toBe(process.pid);
  });

  it('lets a guest in while another process keeps it, and the guest does not stop it', async () => {
    const keeper = await start();
    const guest = await EmbeddedPostgres.start(dataDir, 'a guest', { allowShared: true });
    expect([keeper.holdsLock, guest.holdsLock]).toEqual([true, false]);
    await guest.stop();
    expect(isAlive(keeper.postmasterPid)).toBe(true);
  });

  it('lets one of two starts at the same moment win', async () => {
    const outcomes = await Promise.allSettled([start(), start()]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(outcomes.find((outcome) => outcome.status === 'rejected')?.reason).toMatchObject({
      message: expect.stringContaining(`(process ${process.pid})`),
    });
  });

  it('works under a path that is too long for a socket', async () => {
    const short = dataDir;
    dataDir = join(short, 'x'.repeat(100));
    await mkdir(dataDir);
    await chmod(dataDir, 0o755);
    expect(isAlive((await start()).postmasterPid)).toBe(true);
    await started.pop()?.stop();
    dataDir = short;
  });

  it('does not touch files that are no cluster', async () => {
    const foreign = await mkdtemp(join(tmpdir(), 'imprimatur-foreign-'));
    await mkdir(join(foreign, 'postgres'));
    await writeFile(join(foreign, 'postgres', 'letters.txt'), 'mine');
    await expect(EmbeddedPostgres.start(foreign, 'a test')).rejects.toThrow('no PG_VERSION');
    expect(await readFile(join(foreign, 'postgres', 'letters.txt'), 'utf8')).toBe('mine');
    await rm(foreign, { recursive: true });
  });

  (process.getuid?.() === 0 ? it : it.skip)('as root says which folder keeps PostgreSQL out', async () => {
    const closed = await mkdtemp(join(tmpdir(), 'imprimatur-closed-'));
    const refused = EmbeddedPostgres.start(join(closed, 'data'), 'a test');
    await expect(refused).rejects.toThrow(`cannot enter ${closed}.`);
    await rm(closed, { recursive: true });
  });
});
