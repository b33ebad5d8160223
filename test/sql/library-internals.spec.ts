import { Duplex } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { poolOf, poolOptionsOf, processNamedTo, wireOf } from '../../src/database/library-internals.js';
import { TestApp } from '../support/app.js';

describe('fields of TypeORM and pg that are not documented', () => {
  let app: TestApp;
  let dataSource: DataSource;

  beforeAll(async () => {
    app = await TestApp.start();
    dataSource = app.nest.get(DataSource);
  });

  afterAll(() => app.stop());

  it('are the pool, its options, the connection beneath a client with its messages, and the process that it was named', async () => {
    expect(poolOf(dataSource)).toMatchObject({ totalCount: expect.any(Number), connect: expect.any(Function) });
    expect(poolOptionsOf(dataSource)).toMatchObject({ pipeline: true, monitor: expect.anything() });
    const client = await poolOf(dataSource).connect();
    const wire = wireOf(client);
    expect(wire.stream).toBeInstanceOf(Duplex);
    const messages: string[] = [];
    for (const name of ['readyForQuery', 'errorMessage']) wire.on(name, () => messages.push(name));
    await client.query('SELECT 1');
    await client.query('SELECT 1 / 0').catch(() => undefined);
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    expect(processNamedTo(client)).toBe(rows[0]?.pid);
    client.release();
    expect(messages).toEqual(['readyForQuery', 'errorMessage', 'readyForQuery', 'readyForQuery']);
  });
});
