import { type ChildProcess, spawn } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { EmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres.js';
import { parsePidFile } from '../../src/embedded-postgres/pid-file.js';
import { runningPostmaster } from '../../src/embedded-postgres/postmaster.js';
import { isAlive } from '../../src/embedded-postgres/is-alive.js';
import { query } from '../support/database.js';
import { eventually } from '../support/eventually.js';

const PROGRAM = 'a test of starts';
/** The window in which `postmaster.pid` has an empty fifth line lasts about 13 ms of each start. */
const STARTS = 30;

/** PostgreSQL's request for it. */
const CLEARTEXT_PASSWORD = Buffer.from('R\0\0\0\x08\0\0\0\x03', 'latin1');

/** Listens where PostgreSQL would, asks everyone for a cleartext password and records what is sent. */
class Recorder {
  private constructor(
    private readonly server: Server,
    private readonly received: string[],
  ) {}

  /** Undefined where the port is taken. */
  static async listen(port: number): Promise<Recorder | undefined> {
    const received: string[] = [];
    const server = createServer((socket) => {
      let asked = false;
      socket.on('error', () => undefined);
      socket.on('data', (bytes) => {
        received.push(bytes.toString('latin1'));
        if (asked) socket.end();
        else socket.write(CLEARTEXT_PASSWORD);
        asked = true;
      });
    });
    return new Promise((listening) => {
      server.once('error', () => listening(undefined));
      server.listen(port, '127.0.0.1', () => listening(new Recorder(server, received)));
    });
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Start-up messages of this process; another program on this machine may look for a PostgreSQL of its own on 5432. */
  get own(): string[] {
    return this.received.filter((text) => text.includes(`${PROGRAM} (process ${process.pid})`));
  }

  close(): Promise<unknown> {
    return new Promise((closed) => this.server.close(closed));
  }
}

describe('a start beside other PostgreSQLs', () => {
  let dataDir: string;
  const environment = process.env;
  const recorders: Recorder[] = [];
  const children: ChildProcess[] = [];
  const started: EmbeddedPostgres[] = [];

  const start = async (folder = dataDir) => {
    const embedded = await EmbeddedPostgres.start(folder, PROGRAM);
    started.push(embedded);
    return embedded;
  };
  const pidFile = () => join(dataDir, 'postgres', 'postmaster.pid');
  const withRecorder = () => ({ ...environment, PGHOST: '127.0.0.1', PGPORT: String(recorders[0]?.port) });
  const sent = () => recorders.flatMap(({ own }) => own);

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'imprimatur-start-'));
    for (const recorder of [await Recorder.listen(0), await Recorder.listen(5432)]) {
      if (recorder) recorders.push(recorder);
    }
  });

  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    for (const embedded of started.splice(0).reverse()) await embedded.stop();
    process.env = environment;
  });

  afterAll(async () => {
    for (const recorder of recorders) await recorder.close();
    await rm(dataDir, { recursive: true, force: true });
  });

  /** A process that looks like the PostgreSQL of this folder, and serves nothing. */
  function impostor(cluster = join(dataDir, 'postgres')): number {
    const wait = 'setTimeout(() => undefined, 120_000)';
    const child = spawn(process.execPath, ['-e', wait, '--', '-D', cluster], { argv0: 'postgres', stdio: 'ignore' });
    children.push(child);
    return child.pid ?? 0;
  }

  it('connects to no address but the socket of its own cluster, at any of thirty starts', async () => {
    for (let round = 0; round < STARTS; round++) {
      process.env = round % 2 ? withRecorder() : environment;
      await (await start()).stop();
      started.pop();
    }
    expect(sent()).toEqual([]);
  });

  it('waits for a PostgreSQL that has not written yet where its socket is', async () => {
    const pid = impostor();
    await writeFile(pidFile(), `${pid}\n${dataDir}/postgres\n1795903325\n5432\n\n`);
    const user = { uid: (await stat(join(dataDir, 'run'))).uid };
    await eventually(async () => {
      expect(await readFile(`/proc/${pid}/cmdline`, 'utf8')).toContain('-D');
    });
    expect(await runningPostmaster(join(dataDir, 'postgres'), user)).toBe('STARTING');
    expect(parsePidFile(await readFile(pidFile(), 'utf8'))).toEqual({ pid });
    process.env = withRecorder();
    const starting = start();
    process.kill(pid, 'SIGKILL');
    expect((await starting).postmasterPid).not.toBe(pid);
    expect(sent()).toEqual([]);
  });

  it.each(['localhost', '127.0.0.1', 'run', '/tmp', '/'])(
    'refuses a PostgreSQL whose socket would be in %s',
    async (folder) => {
      await writeFile(pidFile(), `${impostor()}\n${dataDir}/postgres\n0\n5432\n${folder}\n\n`);
      await expect(start()).rejects.toThrow(`with its socket in "${folder}". Stop it`);
    },
  );

  it('refuses the PostgreSQL of another folder before it changes anything there', async () => {
    const other = await mkdtemp(join(tmpdir(), 'imprimatur-other-'));
    await copyFile(join(dataDir, 'postgres.password'), join(other, 'postgres.password'));
    const stranger = await start(other);
    await query(stranger.superuserUrl(), 'DROP DATABASE imprimatur');
    await writeFile(pidFile(), `${impostor()}\n${dataDir}/postgres\n0\n5432\n${other}/run\n\n`);
    await expect(start()).rejects.toThrow(`serves ${other}/postgres, not ${dataDir}/postgres. Nothing was changed`);
    expect(await query(stranger.superuserUrl(), `SELECT 1 FROM pg_database WHERE datname = 'imprimatur'`)).toEqual([]);
    expect(isAlive(stranger.postmasterPid)).toBe(true);
    await stranger.stop();
    started.pop();
    await rm(other, { recursive: true, force: true });
  });

  it('refuses a cluster on which a PostgreSQL answers that it cannot see', async () => {
    const unseen = await start();
    // Of a process that ended, as one of another container seems to be.
    const content = await readFile(pidFile(), 'utf8');
    await writeFile(pidFile(), content.replace(/^\d+/, '999999999'));
    await expect(EmbeddedPostgres.start(dataDir, PROGRAM)).rejects.toThrow('that cannot be seen from here');
    await writeFile(pidFile(), content);
    expect(isAlive(unseen.postmasterPid)).toBe(true);
  });

  it('stops the PostgreSQL that it started when it fails', async () => {
    const password = join(dataDir, 'postgres.password');
    const right = await readFile(password, 'utf8');
    await writeFile(password, 'another');
    await expect(start()).rejects.toThrow('refuses the password in postgres.password');
    await expect(stat(pidFile())).rejects.toThrow('ENOENT');
    await writeFile(password, right);
    await start();
  });

  it('deletes no folder but those in which an initdb was killed', async () => {
    const folders = [
      'backup',
      '--1',
      '0x10',
      `${process.ppid}`,
      `${process.ppid}-0123456789ab`,
      '999999999',
      `${process.pid}`,
    ];
    for (const name of folders) await mkdir(join(dataDir, `postgres.init-${name}`));
    await start();
    const left = (await readdir(dataDir)).filter((name) => name.startsWith('postgres.init-'));
    expect(left.sort()).toEqual(
      folders
        .slice(0, 5)
        .map((name) => `postgres.init-${name}`)
        .sort(),
    );
  });
});
