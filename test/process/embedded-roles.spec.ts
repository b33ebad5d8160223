import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres.js';
import { query } from '../support/database.js';

describe('the application role of the embedded PostgreSQL', () => {
  let dataDir: string;
  let embedded: EmbeddedPostgres;

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'imprimatur-role-'));
    embedded = await EmbeddedPostgres.start(dataDir, 'a test');
  });

  afterAll(async () => {
    await embedded.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  it.each(['postgres', 'template1'])('does not reach the database %s', async (name) => {
    await expect(query(embedded.applicationUrl(name), 'SELECT 1')).rejects.toThrow('permission denied for database');
    await expect(query(embedded.ownerUrl(name), 'SELECT 1')).rejects.toThrow('permission denied for database');
  });

  it.each([
    'lo_create(0)',
    `lo_from_bytea(0, '')`,
    'pg_terminate_backend(1)',
    'pg_cancel_backend(1)',
    'pg_advisory_lock(1)',
  ])('does not call %s', async (call) => {
    await expect(query(embedded.applicationUrl(), `SELECT ${call}`)).rejects.toThrow('permission denied for function');
  });

  it('loses at the next start what it changed of itself', async () => {
    const change = `ALTER ROLE CURRENT_USER SET search_path = 'mine'; ALTER ROLE CURRENT_USER PASSWORD 'mine';
                    ALTER ROLE CURRENT_USER IN DATABASE imprimatur SET search_path = 'mine'`;
    await query(embedded.applicationUrl(), change);
    await embedded.stop();
    embedded = await EmbeddedPostgres.start(dataDir, 'a test');
    expect(await query(embedded.applicationUrl(), 'SHOW search_path')).toEqual([{ search_path: '"$user", public' }]);
  });

  it('is not taken from a keeper whose process cannot be read, because PostgreSQL cut its name off', async () => {
    await embedded.stop();
    const name = 'a program with a name that leaves no room for its process';
    const keeper = await EmbeddedPostgres.start(dataDir, name);
    try {
      await expect(EmbeddedPostgres.start(dataDir, 'a test')).rejects.toThrow(`is in use by ${name}`);
    } finally {
      await keeper.stop();
      embedded = await EmbeddedPostgres.start(dataDir, 'a test');
    }
  });

  it('leaves the lock of migrations to the owner', async () => {
    expect(await query(embedded.ownerUrl(), 'SELECT pg_try_advisory_lock(1) AS taken')).toEqual([{ taken: true }]);
  });
});
