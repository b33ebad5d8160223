import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { NDJSON, type Api, type Wire } from '../support/api.js';
import { TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { RawClient } from '../support/raw-client.js';

const PATH = '/v1/licenses:batch-issue';

describe('a batch of orders', () => {
  let app: TestApp;
  let api: Api;
  let url: string;

  beforeAll(async () => {
    app = await TestApp.start({ environment: { HTTP_REQUEST_TIMEOUT_MS: '1000', HTTP_HEADERS_TIMEOUT_MS: '800' } });
    api = await app.tenant();
    await api.template({ template_id: 't' });
    url = (await app.nest.getUrl()) + PATH;
  });

  afterAll(() => app.stop());

  const order = (more = {}) => ({ license_template_id: 't', customer_id: 'c', issued_to: randomUUID(), ...more });
  const ndjson = (orders: readonly unknown[]) => orders.map((line) => `${JSON.stringify(line)}\n`).join('');
  const headOf = (sender: Api, length?: number) =>
    `POST ${PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${sender.key ?? ''}\r\nContent-Type: ${NDJSON}\r\n` +
    `${length === undefined ? 'Transfer-Encoding: chunked' : `Content-Length: ${length}`}\r\n\r\n`;
  const chunk = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
  const send = async (body: string, headers = {}, sender = api): Promise<Wire[]> => {
    const response = await sender.send('post', PATH, body, { 'Content-Type': NDJSON, ...headers });
    expect(response.status).toBe(200);
    return response.body as Wire[];
  };
  const issuedTo = async (names: readonly string[]) =>
    app.database.query<{ license_id: string; issued_to: string }>(
      'SELECT license_id, issued_to FROM licenses WHERE issued_to = ANY($1) ORDER BY created_at, license_id',
      [names],
    );

  it('issues each line, answers in their order, and tells the log', async () => {
    const orders = Array.from({ length: 500 }, () => order());
    const results = await send(ndjson(orders));
    expect(results.map(({ line, status, license }) => [line, status, license.issued_to])).toEqual(
      orders.map(({ issued_to }, at) => [at + 1, 201, issued_to]),
    );
    const rows = await issuedTo(orders.map(({ issued_to }) => issued_to));
    // Issued in the order of the lines, too.
    expect(rows.map(({ license_id }) => license_id)).toEqual(
      results.map(({ license }) => license.license_id as string),
    );
    await eventually(async () => {
      const [{ count } = {}] = await app.database.query<{ count: number }>(
        `SELECT count(*)::int AS count FROM license_event_logs WHERE tenant_id = $1 AND license_id = ANY($2)`,
        [api.tenantId, rows.map(({ license_id }) => license_id)],
      );
      expect(count).toBe(500);
    });
  });

  it('gives each line its own problem, and the others their license', async () => {
    const lines = [
      JSON.stringify(order()),
      JSON.stringify(order({ license_template_id: 'unknown' })),
      '{"license_template_id":',
      '{"license_template_id":"t","customer_id":"c","customer_id":"d"}',
      '[]',
      '',
      JSON.stringify({ ...order(), metadata: { text: 'x'.repeat(17_000) } }),
      JSON.stringify(order({ tenant_id: 'another' })),
      JSON.stringify(order()),
    ];
    const results = await send(lines.join('\n'));
    expect(results.map(({ line, status, problem }) => [line, status, problem?.code])).toEqual([
      [1, 201, undefined],
      [2, 404, 'TEMPLATE_NOT_FOUND'],
      [3, 400, 'MALFORMED_REQUEST'],
      [4, 400, 'MALFORMED_REQUEST'],
      [5, 400, 'VALIDATION_FAILED'],
      [7, 413, 'LINE_TOO_LONG'],
      [8, 400, 'VALIDATION_FAILED'],
      [9, 201, undefined],
    ]);
    expect(results[6].problem.errors).toEqual([{ pointer: '/tenant_id', detail: expect.any(String) }]);
  });

  it('stops at the line that is one too many', async () => {
    const results = await send(`${'[]\n'.repeat(10_000)}${JSON.stringify(order({ issued_to: 'too many' }))}\n`);
    expect(results).toHaveLength(10_001);
    expect(results.at(-1)).toMatchObject({ line: 10_001, status: 413, problem: { code: 'TOO_MANY_LINES' } });
    expect(await issuedTo(['too many'])).toEqual([]);
  });

  it('has its results read by a client that sends all before it reads, also lines that are too many', async () => {
    const line = `"${'x'.repeat(1_000)}"\n`;
    const client = await RawClient.open(url);
    await client.send(headOf(api, 15_000 * line.length), line.repeat(15_000));
    const { status, body } = await client.answer();
    const results = body.trim().split('\n');
    expect([status, results.length]).toEqual([200, 10_001]);
    expect(JSON.parse(results.at(-1) ?? '')).toMatchObject({ line: 10_001, problem: { code: 'TOO_MANY_LINES' } });
    // Its connection goes on, and its next request has the time limit of any other.
    await client.send(`GET /v1/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${api.key ?? ''}\r\n\r\n`);
    expect((await client.answer()).status).toBe(200);
    await client.send(
      `POST /v1/products HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${api.key ?? ''}\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n`,
    );
    expect((await client.answer()).status).toBe(408);
  });

  it('whose client sends no line in time ends with a problem in the place of the next, and ends its connection', async () => {
    const client = await RawClient.open(url);
    const first = ndjson([order()]);
    await client.send(headOf(api), chunk(first));
    const empty = setInterval(() => void client.send(chunk('\n')), 50);
    const { status, body } = await client.answer();
    const results = body.trim().split('\n').map((line) => JSON.parse(line)); // oxfmt-ignore
    expect([status, results[0].status, results[1].problem.code]).toEqual([200, 201, 'REQUEST_TIMEOUT']);
    await client.closed();
    clearInterval(empty);
  });

  it('refuses the line that is not UTF-8, and another charset as a whole', async () => {
    const client = await RawClient.open(url);
    const bad = Buffer.concat([Buffer.from(JSON.stringify(order({ issued_to: 'M' })).slice(0, -2)), Buffer.from([0xfc]), Buffer.from('"}\n')]); // oxfmt-ignore
    const good = Buffer.from(ndjson([order()]));
    await client.send(headOf(api, bad.length + good.length), bad, good);
    const results = (await client.answer()).body.trim().split('\n').map((line) => JSON.parse(line)); // oxfmt-ignore
    expect(results.map(({ status, problem }) => [status, problem?.code])).toEqual([[400, 'MALFORMED_REQUEST'], [201, undefined]]); // oxfmt-ignore
    client.leave();
    const other = await api.send('post', PATH, ndjson([order()]), { 'Content-Type': `${NDJSON}; charset=utf-16` });
    expect(other).toMatchObject({ status: 415, body: { code: 'UNSUPPORTED_MEDIA_TYPE' } });
    const headers = { 'Content-Type': `${NDJSON}; charset=UTF-8`, Authorization: `Bearer ${api.key ?? ''}` };
    expect((await fetch(url, { method: 'POST', headers, body: '[]' })).status).toBe(200);
  });

  it('of one tenant takes its share of the places at most, and gives it back', async () => {
    const other = await app.tenant();
    await other.get('/v1/me');
    const held = await Promise.all(Array.from({ length: 6 }, () => begin(api)));
    const heads = await Promise.all(held.map((client) => client.head()));
    expect(heads.sort()).toEqual([200, 200, 200, 200, 503, 503]);
    const neighbour = await begin(other);
    expect(await neighbour.head()).toBe(200);
    for (const client of [...held, neighbour]) client.leave();
    await eventually(async () => expect(await send('[]\n')).toHaveLength(1));
  });

  /** A client whose batch was done whole, and whose answer, larger than what a connection takes up, nobody reads. */
  const leaveUnread = async () => {
    const client = await RawClient.open(url);
    const unknownFields = Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`${'x'.repeat(280)}${n}`, 0]));
    const last = order();
    const body = ndjson([...Array.from({ length: 800 }, () => unknownFields), last]);
    await client.send(headOf(api, Buffer.byteLength(body)), body);
    await eventually(async () => expect(await issuedTo([last.issued_to])).toHaveLength(1));
    return client;
  };
  const begin = async (sender: Api) => {
    const client = await RawClient.open(url);
    await client.send(headOf(sender), chunk('[]\n'));
    return client;
  };
  const expectAllPlacesFree = () =>
    eventually(async () => {
      const held = await Promise.all(Array.from({ length: 4 }, () => begin(api)));
      const heads = await Promise.all(held.map((client) => client.head()));
      for (const client of held) client.leave();
      expect(heads).toEqual([200, 200, 200, 200]);
    });
  const statusOfNext = async () => (await api.send('post', PATH, '[]\n', { 'Content-Type': NDJSON })).status;

  it('holds its place until its answer was read or its client is gone', async () => {
    const [reads, leaves, ...others] = [
      await leaveUnread(),
      await leaveUnread(),
      await leaveUnread(),
      await leaveUnread(),
    ];
    expect(await statusOfNext()).toBe(503);
    const { body } = await reads.answer();
    expect(body.trim().split('\n')).toHaveLength(801);
    expect(body.length).toBeGreaterThan(10_000_000);
    await eventually(async () => expect(await statusOfNext()).toBe(200));
    const again = await leaveUnread();
    expect(await statusOfNext()).toBe(503);
    leaves.leave();
    await eventually(async () => expect(await statusOfNext()).toBe(200));
    for (const client of [again, reads, ...others]) client.leave();
  });

  it('gives its place back however it ends', async () => {
    const reader = await app.key(api.tenantId, ['licenses:read']);
    const ends: (() => Promise<void>)[] = [
      async () => expect((await api.send('post', PATH, '[]\n', { 'Content-Type': NDJSON, 'Idempotency-Key': '"' })).status).toBe(400), // oxfmt-ignore
      async () => expect((await api.send('post', PATH, '[]\n', { 'Content-Type': 'application/json' })).status).toBe(415), // oxfmt-ignore
      async () => expect((await api.send('post', PATH, '\n', { 'Content-Type': NDJSON })).body).toEqual([]),
      async () => expect((await reader.send('post', PATH, '[]\n', { 'Content-Type': NDJSON })).status).toBe(403),
      async () => expect((await fetch(url, { method: 'HEAD' })).status).toBe(405),
      // Gone before its caller is known, and in the middle of its lines.
      async () => (await begin(api)).leave(),
      async () => {
        const client = await RawClient.open(url);
        await client.send(headOf(api), chunk(ndjson([order(), order()])));
        expect(await client.head()).toBe(200);
        client.leave();
      },
      // A body that breaks off ends its connection.
      async () => {
        const client = await RawClient.open(url);
        await client.send(headOf(api), chunk('[]\n'), 'no chunk\r\n');
        await client.closed();
      },
    ];
    for (const end of ends) for (let round = 0; round < 5; round++) await eventually(end);
    await expectAllPlacesFree();
  });

  it('gives its place back where its client is gone before its key was found', async () => {
    const keys = await Promise.all(Array.from({ length: 5 }, () => app.key(api.tenantId, ['licenses:issue'])));
    const lock = new pg.Client({ connectionString: app.database.superuserUrl });
    await lock.connect();
    await lock.query('BEGIN; LOCK TABLE api_keys IN ACCESS EXCLUSIVE MODE');
    const responses: ServerResponse[] = [];
    const note = (_: unknown, response: ServerResponse) => responses.push(response);
    app.nest.getHttpServer().on('request', note);
    const clients = await Promise.all(keys.map(begin));
    await eventually(() => expect(responses).toHaveLength(5));
    app.nest.getHttpServer().off('request', note);
    for (const client of clients) client.leave();
    await eventually(() => expect(responses.every(({ closed }) => closed)).toBe(true));
    await lock.query('COMMIT');
    await lock.end();
    await expectAllPlacesFree();
  });

  it('sent again with its key does what is missing and nothing twice', async () => {
    const orders = Array.from({ length: 60 }, () => order());
    const key = { 'Idempotency-Key': randomUUID() };
    const half = await send(ndjson(orders.slice(0, 30)), key);
    const whole = await send(ndjson(orders), key);
    expect(whole.slice(0, 30)).toEqual(half.map((result) => ({ ...result, replayed: true })));
    expect(whole.slice(30).every(({ status, replayed }) => status === 201 && replayed === undefined)).toBe(true);
    expect(await issuedTo(orders.map(({ issued_to }) => issued_to))).toHaveLength(60);
    const other = await send(ndjson([order()]), key);
    expect(other[0]).toMatchObject({ status: 422, problem: { code: 'IDEMPOTENCY_KEY_REUSED' } });
  });

  it('of two that are sent at once with one key issues each line once', async () => {
    const orders = Array.from({ length: 150 }, () => order());
    const key = { 'Idempotency-Key': randomUUID() };
    const [a, b] = await Promise.all([send(ndjson(orders), key), send(ndjson(orders), key)]);
    expect(a.map(({ license }) => license.license_id as string)).toEqual(
      b.map(({ license }) => license.license_id as string),
    );
    expect(await issuedTo(orders.map(({ issued_to }) => issued_to))).toHaveLength(150);
  });

  it('takes keys of single lines, which are those of single orders', async () => {
    const [first, key] = [order(), randomUUID()];
    const alone = await api.post('/v1/licenses', first, { 'Idempotency-Key': key });
    const [repeated] = await send(ndjson([{ ...first, idempotency_key: key }]), { 'Idempotency-Key': 'batch' });
    expect(repeated).toMatchObject({ status: 201, replayed: true, license: alone.body });
  });

  it('answers lines while more are on their way, for as long as they come', async () => {
    const begun = performance.now();
    let arrived = 0;
    const more = new TransformStream<Uint8Array, Uint8Array>();
    const lines = more.writable.getWriter();
    const next = () => lines.write(new TextEncoder().encode(ndjson([order()])));
    const written = next();
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'Content-Type': NDJSON, Authorization: `Bearer ${api.key ?? ''}` },
      body: more.readable,
      duplex: 'half',
    });
    await written;
    // Far longer than the time limits of requests, which are looked at once a second at the most.
    for await (const chunk of response.body ?? []) {
      arrived += Buffer.from(chunk).toString().split('\n').length - 1;
      if (performance.now() - begun < 2_600) await next();
      else await lines.close();
    }
    expect(arrived).toBeGreaterThan(10);
  });

  it('goes on for a client that sends all before it reads', async () => {
    const orders = Array.from({ length: 3_000 }, () => order());
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'Content-Type': NDJSON, Authorization: `Bearer ${api.key ?? ''}` },
      body: ndjson(orders),
    });
    // Nothing is read before all of them are there.
    await eventually(async () => {
      expect(await issuedTo(orders.map(({ issued_to }) => issued_to))).toHaveLength(3_000);
    }, 25_000);
    expect((await response.text()).trim().split('\n')).toHaveLength(3_000);
  });

  it('begins no further line when its client is gone', async () => {
    const gone = new AbortController();
    const orders = Array.from({ length: 5_000 }, () => order());
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'Content-Type': NDJSON, Authorization: `Bearer ${api.key ?? ''}` },
      body: ndjson(orders),
      signal: gone.signal,
    });
    await response.body?.getReader().read();
    gone.abort();
    let before = -1;
    await eventually(async () => {
      const now = (await issuedTo(orders.map(({ issued_to }) => issued_to))).length;
      const still = now === before;
      before = now;
      expect(still).toBe(true);
    });
    expect(before).toBeLessThan(5_000);
  });

  it('does not keep single orders of its tenant, or of another, waiting', async () => {
    const other = await app.tenant();
    await other.template({ template_id: 't' });
    await Promise.all([api.get('/v1/me'), other.get('/v1/me')]);
    const ended: string[] = [];
    const batch = send(ndjson(Array.from({ length: 4_000 }, () => order()))).then(() => ended.push('batch'));
    await Promise.all([api.issue('t').then(() => ended.push('own')), other.issue('t').then(() => ended.push('other'))]);
    await batch;
    expect(ended.at(-1)).toBe('batch');
  });

  it('is refused as a whole without permission, as JSON, or by a malformed key', async () => {
    const reader = await app.key(api.tenantId, ['licenses:read']);
    const as = (sender: Api, headers: Record<string, string>) => sender.send('post', PATH, ndjson([order()]), headers);
    expect((await as(reader, { 'Content-Type': NDJSON })).status).toBe(403);
    expect(await as(api, { 'Content-Type': 'application/json' })).toMatchObject({
      status: 415,
      body: { code: 'UNSUPPORTED_MEDIA_TYPE' },
    });
    expect((await as(api, { 'Content-Type': NDJSON, 'Idempotency-Key': '"' })).body.code).toBe('VALIDATION_FAILED');
    const elsewhere = await api.send('post', '/v1/licenses', JSON.stringify(order()), { 'Content-Type': NDJSON });
    expect(elsewhere).toMatchObject({ status: 415, body: { code: 'UNSUPPORTED_MEDIA_TYPE' } });
  });
});
