import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { NDJSON } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import { ServerProcess } from '../support/server.js';

/** Everything that arrives until the connection closes, whether in order or not. */
async function readAll(socket: Socket): Promise<string> {
  let answer = '';
  socket.on('data', (chunk) => (answer += String(chunk)));
  socket.on('error', () => undefined);
  if (!socket.closed) await new Promise((closed) => socket.once('close', closed));
  return answer;
}

const statusOf = (answer: string) => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]);

function post(path: string, headers: string): string {
  return `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${headers}\r\n\r\n`;
}

const CHUNKED = 'Transfer-Encoding: chunked';
/** The server answers 100 when it has seen the headers. */
const UNFINISHED = 'Content-Length: 100\r\nExpect: 100-continue';
const ONE_BYTE = '1\r\na\r\n';

describe('callers without a key, against a server of its own', () => {
  let server: ServerProcess;
  let port: number;
  let attacker = 1;

  beforeAll(async () => {
    server = await ServerProcess.create({ WORKFLOWS: 'off' });
    await server.start();
    port = Number(new URL(server.url).port);
  });

  beforeEach(() => {
    attacker++;
  });

  afterAll(() => server.cleanUp());

  /** Each test attacks from an address of its own; others call from 127.0.0.1. */
  const open = async (bytes: string): Promise<Socket> => {
    const localAddress = `127.0.0.${attacker}`;
    const socket = connect({ port, host: '127.0.0.1', localAddress }).on('error', () => undefined);
    await once(socket, 'connect');
    socket.write(bytes);
    return socket;
  };
  /** Sends 4 MiB of chunks, if it is let. A write into the closed connection would lose the answer, so the second waits for that. */
  const flood = async (socket: Socket) => {
    const ended = once(socket, 'close').catch(() => undefined);
    const answered = once(socket, 'data').catch(() => undefined);
    for (let sent = 0; sent < 64 && socket.writable; sent++) {
      socket.write(ONE_BYTE.repeat(11_000));
      await Promise.race([answered, ended]);
    }
  };
  const residentMiB = async () =>
    Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${server.pid}/status`, 'utf8'))?.[1]) / 1024;
  const descriptors = async () => (await readdir(`/proc/${server.pid}/fd`)).length;
  const health = async () => (await fetch(`${server.url}/health/live`)).status;

  it('cannot make a body cost more than it carries: chunks of one byte are refused, whatever the route', async () => {
    const before = await residentMiB();
    const paths = ['/v1/client/validate', '/v1/products', '/v1/licenses:batch-issue', '/health/x', '/nowhere'];
    const sockets = await Promise.all(paths.map((path) => open(post(path, CHUNKED))));
    sockets.push(await open(`GET /openapi.json HTTP/1.1\r\nHost: x\r\n${CHUNKED}\r\n\r\n`));
    const closed = sockets.map(readAll);
    await Promise.all(sockets.map(flood));
    const answers = await Promise.all(closed);
    expect(answers.map(statusOf)).toEqual([400, 401, 401, 404, 404, 200]);
    expect(await health()).toBe(200);
    expect((await residentMiB()) - before).toBeLessThan(100);
  });

  it('are answered at once where no body could help them, and what they send is not kept', async () => {
    const announced = 'Content-Length: 1000000';
    for (const [path, status] of [
      ['/nowhere', 404],
      ['/health/x', 404],
      ['/v1/products', 401],
      ['/v1/licenses:batch-issue', 401],
    ] as const) {
      const socket = await open(post(path, announced));
      const [answer] = (await once(socket, 'data')) as [Buffer];
      expect({ path, status: statusOf(String(answer)) }).toEqual({ path, status });
      socket.destroy();
    }
  });

  it('do not keep others out with requests that they never finish', async () => {
    const unfinished = await Promise.all(
      Array.from({ length: 1_100 }, () => open(`${post('/v1/client/validate', 'Content-Length: 100')}{`)),
    );
    const answers = await Promise.all([
      server.fetch('/products'),
      server.fetch('/client/validate', { method: 'POST', body: { license_key: 'x' } }),
      server.fetch('/products', { method: 'POST', body: { product_id: 'victim', name: 'V' } }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 201]);
    for (const socket of unfinished) socket.destroy();
  });

  it('do not keep others out with answers that they never read', async () => {
    const unread = await Promise.all(
      Array.from({ length: 1_100 }, async () => {
        const socket = await open('GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(10));
        return socket.pause();
      }),
    );
    expect((await server.fetch('/products')).status).toBe(200);
    expect(await residentMiB()).toBeLessThan(400);
    for (const socket of unread) socket.destroy();
  });

  it('leave no descriptor behind when they drop connections with downloads that wait for one another', async () => {
    const before = await descriptors();
    for (let connection = 0; connection < 9; connection++) {
      const socket = await open('GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(500));
      await Promise.race([once(socket, 'data'), once(socket, 'close')]);
      socket.resetAndDestroy();
    }
    await eventually(async () => {
      expect(await descriptors()).toBeLessThanOrEqual(before);
    });
  });

  it('are shut out after ten connections that cost more than they carry, and nobody else is', async () => {
    for (let connection = 0; connection < 10; connection++) {
      const socket = await open('GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(18));
      await readAll(socket);
    }
    const socket = await open('GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    expect(await readAll(socket)).toBe('');
    expect(await health()).toBe(200);
  });

  it('get the OpenAPI document from one buffer, and no more than 16 answers ahead', async () => {
    const before = await residentMiB();
    const socket = await open('GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(900));
    socket.pause();
    expect(await health()).toBe(200);
    expect((await residentMiB()) - before).toBeLessThan(50);
    socket.destroy();
  });

  it('leave one line a second in the log when they go away or are refused, and no error', async () => {
    const begin = server.output.length;
    const begun = performance.now();
    const key = `Authorization: Bearer ${await server.key()}`;
    const batch = post('/v1/licenses:batch-issue', `${key}\r\n${UNFINISHED}`).replace('application/json', NDJSON);
    const heads = [post('/v1/client/validate', UNFINISHED), post('/v1/products', `${key}\r\n${UNFINISHED}`), batch];
    for (const head of heads.flatMap((one) => Array.from({ length: 10 }, () => one))) {
      const socket = await open(`${head}{`);
      expect(String((await once(socket, 'data'))[0])).toContain('100 Continue');
      socket.resetAndDestroy();
    }
    for (let sent = 0; sent < 1_400; sent += 100)
      await Promise.all(
        Array.from({ length: 100 }, async () => {
          await (await server.fetch('/client/validate', { method: 'POST', body: { license_key: 'x' } })).text();
        }),
      );
    const lines = () => server.output.slice(begin).split('\n');
    await eventually(() => {
      expect(server.output.slice(begin)).toContain('CLIENT_CLOSED_REQUEST');
    });
    const seconds = (performance.now() - begun) / 1_000;
    expect(lines().filter((line) => line.includes('"refused"')).length).toBeLessThanOrEqual(seconds + 2);
    expect(lines().filter((line) => line.includes('"level":"error"'))).toEqual([]);
  });
});
