import { once } from 'node:events';
import type { Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { withClient } from '../../src/database/with-client.js';
import { NDJSON, type Api } from '../support/api.js';
import { TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { RawClient } from '../support/raw-client.js';

const MIB = 1024 * 1024;
const BATCH = '/v1/licenses:batch-issue';

/** Requests with a body that is answered before it is read. Whether its size or its caller is looked at first does not matter. */
const EARLY = [
  ['without a key', 'POST', '/v1/products', {}, 'application/json', [401, 413]],
  ['of another media type', 'POST', '/v1/products', { key: true }, 'application/xml', [415]],
  ['too large', 'POST', '/v1/products', { key: true }, 'application/json', [413]],
  ['to no route', 'POST', '/v1/nothing', { key: true }, 'application/json', [404, 413]],
  ['with an unreadable URL', 'POST', '/v1/products/%zz', { key: true }, 'application/json', [400, 413]],
  ['of a batch without a key', 'POST', BATCH, {}, NDJSON, [401]],
  ['of a batch with a malformed key', 'POST', BATCH, { key: true, more: 'Idempotency-Key: "\r\n' }, NDJSON, [400]],
  ['of lines, elsewhere', 'POST', '/v1/products', { key: true }, NDJSON, [415]],
  ['of a list', 'GET', '/v1/products', { key: true }, 'application/json', [200]],
  ['of an export', 'GET', '/v1/products', { key: true, more: `Accept: ${NDJSON}\r\n` }, 'application/json', [200]],
] as const;

const chunks = (count: number, bytes = 64 * 1024) => [
  Buffer.from(`${bytes.toString(16)}\r\n${'x'.repeat(bytes)}\r\n`.repeat(count)),
];

describe('a body that is not read before its answer', () => {
  let app: TestApp;
  let api: Api;
  let url: string;

  beforeAll(async () => {
    app = await TestApp.start({ environment: { HTTP_REQUEST_TIMEOUT_MS: '2000', HTTP_HEADERS_TIMEOUT_MS: '800' } });
    api = await app.tenant();
    url = await app.nest.getUrl();
  });

  afterAll(() => app.stop());

  type Caller = (typeof EARLY)[number][3];
  const head = (method: string, path: string, caller: Caller, type: string, framing: string) =>
    `${method} ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: ${type}\r\n${framing}\r\n` +
    ('key' in caller ? `Authorization: Bearer ${api.key ?? ''}\r\n` : '') +
    ('more' in caller ? caller.more : '') +
    '\r\n';
  it.each(EARLY)(
    'is dropped, so that who sends all of it first gets the answer: a body %s',
    async (_, method, path, caller, type, statuses) => {
      for (const framing of [`Content-Length: ${8 * MIB}`, 'Transfer-Encoding: chunked']) {
        // A key that has to be looked up takes so long that the whole body may arrive before the answer.
        expect((await api.get('/v1/me')).status).toBe(200);
        const client = await RawClient.open(url);
        const body = framing.startsWith('C') ? [Buffer.alloc(8 * MIB, 'x')] : [...chunks(128), '0\r\n\r\n'];
        expect(await client.send(head(method, path, caller, type, framing), ...body)).toBe(true);
        const answer = await client.answer();
        expect(statuses).toContain(answer.status);
        expect(answer.headers.get('connection')).toBe('close');
        await client.closed();
      }
    },
    20_000,
  );

  it('and is small leaves its connection as it was', async () => {
    const client = await RawClient.open(url);
    for (let round = 0; round < 3; round++) {
      const framing = `Content-Length: ${MIB / 2}`;
      await client.send(head('POST', '/v1/products', {}, 'application/xml', framing), Buffer.alloc(MIB / 2, 'x'));
      expect([401, 415]).toContain((await client.answer()).status);
    }
    await client.send(head('GET', '/v1/me', { key: true }, 'application/json', 'X-Nothing: 1'));
    expect((await client.answer()).status).toBe(200);
    client.leave();
  });

  it.each([
    ['Transfer-Encoding: chunked', '1\r\nx\r\n'],
    [`Content-Length: ${MIB / 2}`, 'x'],
    [`Content-Length: ${8 * MIB}`, 'x'],
  ])('and never ends is closed with nothing behind its answer, by %s', async (framing, part) => {
    const client = await RawClient.open(url);
    await client.send(head('POST', '/v1/products', {}, 'application/xml', framing), part);
    expect([401, 415]).toContain((await client.answer()).status);
    expect(await client.closed()).toBe('');
  });

  it('and is larger than what is dropped is not read to its end', async () => {
    const client = await RawClient.open(url);
    await client.send(head('POST', '/v1/products', {}, 'application/xml', 'Transfer-Encoding: chunked'));
    let sent = 0;
    while (sent < 256 && (await client.send(...chunks(16)))) sent += 1;
    expect(sent).toBeLessThan(64);
    await client.closed();
  });

  it.each([
    ['of JSON', '/openapi.json'],
    ['from a file', '/docs/swagger-ui-bundle.js'],
  ])(
    'nor does an answer that nobody reads keep its connection: one %s',
    async (_, path) => {
      const server: Server = app.nest.getHttpServer();
      const accepted = once(server, 'connection') as Promise<[Socket]>;
      const client = connect(Number(new URL(url).port), '127.0.0.1').pause();
      client.on('error', () => undefined);
      const [socket] = await accepted;
      const request = head('GET', path, { key: true }, 'application/json', 'X-Nothing: 1');
      // The buffers of the two sockets take many answers, after which the connection would only be idle. So one more follows each.
      server.on('request', ({ socket: from }, response) => {
        if (from === socket) response.once('finish', () => client.write(request));
      });
      client.write(request.repeat(16));
      await once(socket, 'close');
      client.destroy();
    },
    30_000,
  );
});

describe('a body of a request that is one too many', () => {
  const typeOf = (path: string) => (path === BATCH ? NDJSON : 'application/json');
  let app: TestApp;
  let url: string;
  let limited: Api;
  let api: Api;

  beforeAll(async () => {
    app = await TestApp.start({
      environment: {
        RATE_LIMIT_PER_KEY: '20',
        RATE_LIMIT_FAILURES: '1',
        MAX_IN_FLIGHT: '6',
        DATABASE_LOCK_TIMEOUT_MS: '60000',
        DATABASE_STATEMENT_TIMEOUT_MS: '60000',
      },
    });
    [limited, api] = [await app.tenant(), await app.tenant()];
    url = await app.nest.getUrl();
  });

  afterAll(() => app.stop());

  const head = (path: string, key: string | undefined, framing: string) =>
    `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: ${typeOf(path)}\r\n` +
    `Authorization: Bearer ${key ?? 'imp_wrong'}\r\n${framing}\r\n\r\n`;

  /** A client that sends the whole body first gets its answer; the connection goes on only where the body is small. */
  const expectRefused = async (path: string, key: string | undefined, refusal: { status: number; code: string }) => {
    for (const [framing, ...body] of [
      [`Content-Length: ${8 * MIB}`, Buffer.alloc(8 * MIB, 'x')],
      ['Transfer-Encoding: chunked', ...chunks(128), '0\r\n\r\n'],
    ] as [string, ...Buffer[]][]) {
      const client = await RawClient.open(url);
      expect(await client.send(head(path, key, framing), ...body)).toBe(true);
      const { status, headers, body: text } = await client.answer();
      expect({ status, code: JSON.parse(text).code }).toEqual(refusal);
      expect([headers.get('connection'), headers.has('retry-after')]).toEqual(['close', true]);
      expect(await client.closed()).toBe('');
    }
    const client = await RawClient.open(url);
    for (let round = 0; round < 2; round++) {
      await client.send(head(path, key, `Content-Length: ${MIB / 2}`), Buffer.alloc(MIB / 2, 'x'));
      expect((await client.answer()).status).toBe(refusal.status);
    }
    await client.send('GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n');
    expect((await client.answer()).status).toBe(200);
    client.leave();
  };

  it.each(['/v1/products', BATCH])('is dropped behind 429, on %s', async (path) => {
    while ((await limited.get('/v1/me')).status !== 429);
    await expectRefused(path, limited.key, { status: 429, code: 'RATE_LIMITED' });
    while ((await app.anonymous().get('/v1/me')).status !== 429);
    await expectRefused(path, undefined, { status: 429, code: 'RATE_LIMITED' });
  });

  it('is dropped behind 503 where the batches of its tenant hold all slots', async () => {
    const held = await Promise.all(Array.from({ length: 4 }, () => RawClient.open(url)));
    for (const client of held) {
      await client.send(head(BATCH, api.key, 'Transfer-Encoding: chunked'), '3\r\n[]\n\r\n');
      expect(await client.head()).toBe(200);
    }
    await expectRefused(BATCH, api.key, { status: 503, code: 'OVERLOADED' });
    for (const client of held) client.leave();
  });

  it('is dropped behind 503 while as many requests as may be are in flight', async () => {
    const others = await app.tenant();
    const begun = await withClient(app.database.ownerUrl, async (owner) => {
      await owner.query('BEGIN; LOCK TABLE billing_products');
      const making = Array.from({ length: 6 }, (_, n) =>
        others.post('/v1/products', { product_id: `p${n}`, name: 'P' }),
      );
      await eventually(async () => expect((await fetch(`${url}/docs`)).status).toBe(503));
      for (const path of ['/v1/products', '/v1/client/validate', BATCH])
        await expectRefused(path, api.key, { status: 503, code: 'OVERLOADED' });
      await owner.query('ROLLBACK');
      return making;
    });
    expect((await Promise.all(begun)).map(({ status }) => status)).toEqual(Array(6).fill(201));
  });
});
