import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DeviceLastSeen } from '../../src/activations/index.js';
import { RetryTransaction } from '../../src/database/with-retries.js';
import { UnitOfWork } from '../../src/shared/persistence/unit-of-work.js';
import { isLockTimeout } from '../../src/database/sql-errors.js';
import { withClient } from '../../src/database/with-client.js';
import { ApiKeyLastUsed } from '../../src/tenants/authentication/api-key-last-used.js';
import type { Api } from '../support/api.js';
import { TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';

describe('what processes write down beside their requests', () => {
  let app: TestApp;
  let admin: Api;

  beforeAll(async () => {
    app = await TestApp.start();
    admin = await app.tenant();
    await app.nest.get(ApiKeyLastUsed).beforeApplicationShutdown();
    await app.nest.get(DeviceLastSeen).beforeApplicationShutdown();
  });

  afterAll(() => app.stop());

  /** Holds the row with the higher id while `flush` waits for it, and tells whether the one with the lower id is locked by then. */
  async function locksLowerFirst(table: string, id: string, ids: [string, string], flush: () => Promise<void>) {
    const lock = (which: string, more = '') =>
      `SELECT 1 FROM ${table} WHERE ${id} = '${which}' FOR NO KEY UPDATE ${more}`;
    return withClient(app.database.superuserUrl, async (other) => {
      await other.query(`BEGIN; ${lock(ids[1])}`);
      const flushed = flush();
      await eventually(async () => {
        const waiting = await app.database.query(
          `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        );
        expect(waiting).toHaveLength(1);
      });
      const locked = await other.query(lock(ids[0], 'NOWAIT')).then(
        () => false,
        (error: unknown) => isLockTimeout(error),
      );
      await other.query('ROLLBACK');
      await flushed;
      return locked;
    });
  }

  it('is when keys were last used, in the order of their ids, so that two processes cannot deadlock', async () => {
    const keys = [
      await admin.create('/v1/api-keys', { name: 'a', role: 'read-only' }),
      await admin.create('/v1/api-keys', { name: 'b', role: 'read-only' }),
    ];
    const [lower, higher] = keys.map(({ id }) => id as string).sort() as [string, string];
    // The row stands behind the other one, so that the order of the table is not that of the ids.
    await app.database.query('UPDATE api_keys SET last_used_at = NULL WHERE id = $1', [lower]);
    const keyUse = app.nest.get(ApiKeyLastUsed);
    for (const id of [higher, lower]) keyUse.record(id, new Date());
    expect(await locksLowerFirst('api_keys', 'id', [lower, higher], () => keyUse.flush())).toBe(true);
    const rows = await app.database.query('SELECT last_used_at FROM api_keys WHERE id = ANY($1)', [[lower, higher]]);
    for (const { last_used_at } of rows) expect(last_used_at).toBeInstanceOf(Date);
  });

  it('is when devices were last seen, in the order of their ids, so that two processes cannot deadlock', async () => {
    const { license_id } = await admin.issue(await admin.template({ max_activations: 2 }));
    const ids: string[] = [];
    for (const fingerprint of ['a', 'b']) {
      const { body } = await admin.post(`/v1/licenses/${license_id as string}/activations`, { fingerprint });
      ids.push(body.activation_id as string);
    }
    const [lower, higher] = ids.sort() as [string, string];
    await app.database.query('UPDATE license_activations SET units = 1 WHERE activation_id = $1', [lower]);
    const lastSeen = app.nest.get(DeviceLastSeen);
    const now = new Date(Date.now() + 60_000);
    for (const activationId of [higher, lower]) lastSeen.record({ tenantId: admin.tenantId, activationId }, now);
    const flush = () => lastSeen.flush();
    expect(await locksLowerFirst('license_activations', 'activation_id', [lower, higher], flush)).toBe(true);
    const rows = await app.database.query('SELECT last_seen_at FROM license_activations WHERE last_seen_at = $1', [
      now,
    ]);
    expect(rows).toHaveLength(2);
  });

  it('is written by the next flush where the first one failed, and the later time counts', async () => {
    const { id } = (await admin.create('/v1/api-keys', { name: 'c', role: 'read-only' })) as { id: string };
    const { license_id } = await admin.issue(await admin.template({ max_activations: 1 }));
    const { body } = await admin.post(`/v1/licenses/${license_id as string}/activations`, { fingerprint: 'c' });
    const device = { tenantId: admin.tenantId, activationId: body.activation_id as string };
    const keyUse = app.nest.get(ApiKeyLastUsed);
    const lastSeen = app.nest.get(DeviceLastSeen);
    const [first, later] = [60_000, 90_000].map((ms) => new Date(Date.now() + ms)) as [Date, Date];
    const role = `"${new URL(app.database.applicationUrl).username}"`;
    const tables = 'api_keys, license_activations';
    await app.database.query(`REVOKE UPDATE ON ${tables} FROM ${role}`);
    try {
      keyUse.record(id, first);
      lastSeen.record(device, first);
      await expect(keyUse.flush()).rejects.toThrow('permission denied');
      await lastSeen.flush();
      lastSeen.record(device, later);
      await lastSeen.flush();
    } finally {
      await app.database.query(`GRANT UPDATE ON ${tables} TO ${role}`);
    }
    await keyUse.flush();
    await lastSeen.flush();
    expect(await app.database.query('SELECT last_used_at FROM api_keys WHERE id = $1', [id])).toEqual([
      { last_used_at: first },
    ]);
    const seen = 'SELECT last_seen_at FROM license_activations WHERE activation_id = $1';
    expect(await app.database.query(seen, [device.activationId])).toEqual([{ last_seen_at: later }]);
  });

  it('is tried again after a pause where it lost against another transaction, five times at most', async () => {
    const tries: number[] = [];
    const lost = app.nest.get(UnitOfWork).run(admin.tenantId, () => {
      tries.push(performance.now());
      return Promise.reject(new RetryTransaction('Lost.'));
    });
    await expect(lost).rejects.toThrow('Lost.');
    const pauses = tries.slice(1).map((at, index) => at - (tries[index] ?? at));
    expect(pauses).toHaveLength(4);
    // Each is at least half of 10, 20, 40 and 80 ms; a timer may be early by a fraction of one.
    pauses.forEach((pause, index) => {
      expect(pause).toBeGreaterThan(5 * 2 ** index - 1);
    });
  });
});
