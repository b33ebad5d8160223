import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { CommandBus } from '@nestjs/cqrs';
import type { TestingModuleBuilder } from '@nestjs/testing';
import { verifyRevocationList } from '../../packages/client/src/index.js';
import { RevocationListPublisher } from '../../src/offline/index.js';
import { RevocationListRepository } from '../../src/offline/revocation-list.repository.js';
import { Clock } from '../../src/shared/time/clock.js';
import { CreateTenantCommand } from '../../src/tenants/index.js';
import { PlatformActor } from '../../src/shared/access/actor.js';
import type { Api, Wire } from '../support/api.js';
import { TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { statementsOf } from '../support/statements.js';

const DAY_MS = 24 * 60 * 60_000;

describe('the revocation list', () => {
  let app: TestApp;
  let offset = 0;
  const withClock = (builder: TestingModuleBuilder) =>
    builder.overrideProvider(Clock).useValue({ now: () => new Date(Date.now() + offset) });

  beforeAll(async () => {
    app = await TestApp.start({ override: withClock });
  });

  afterAll(() => app.stop());

  const publish = (tenant: Api, by = app) => by.signRevocations(tenant);
  const issueMany = async (tenant: Api, count: number) => {
    const template = await tenant.template();
    const ids = Array.from({ length: count }, async () => (await tenant.issue(template)).license_id as string);
    await Promise.all(ids);
    // As if each had a license file.
    await app.database.query('UPDATE licenses SET files_until = now() WHERE template_id = $1', [template]);
    return Promise.all(ids);
  };
  const issue = async (tenant: Api) => (await issueMany(tenant, 1))[0] ?? '';
  const set = (licenseId: string, status: string) =>
    app.database.query('UPDATE licenses SET status = $2, updated_at = $3 WHERE license_id = $1', [
      licenseId,
      status,
      new Date(Date.now() + offset),
    ]);
  const fetchList = async (tenant: Api): Promise<Wire> =>
    (await app.anonymous().get(`/v1/client/${tenant.tenantId}/revocations`)).body;
  /** Publishes as the background does every few seconds. */
  const sweep = () => app.nest.get(RevocationListPublisher).sweep();
  /** As a machine would after the next sweep: believed by the published keys alone. */
  const read = async (tenant: Api) => {
    offset += 1_000;
    await publish(tenant);
    const { revocation_list } = await fetchList(tenant);
    const { keys } = (await app.anonymous().get(`/v1/client/${tenant.tenantId}/jwks.json`)).body;
    const now = Date.now() + offset;
    return verifyRevocationList(revocation_list as string, { tenantId: tenant.tenantId, keys, now });
  };

  it('lists what is revoked or suspended and has a license file, and rises by one with each change', async () => {
    const tenant = await app.tenant();
    const without = (await tenant.issue(await tenant.template())).license_id as string;
    await set(without, 'REVOKED');
    const [active, revoked, suspended] = [await issue(tenant), await issue(tenant), await issue(tenant)];
    const empty = await read(tenant);
    expect(empty.document).toMatchObject({ number: 1, licenses: [], tenant_id: tenant.tenantId });
    await set(revoked, 'REVOKED');
    await set(suspended, 'SUSPENDED');
    const two = await read(tenant);
    expect(two.document.number).toBe(2);
    expect(await Promise.all([active, revoked, suspended].map((id) => two.has(id)))).toEqual([false, true, true]);
    await set(suspended, 'ACTIVE');
    const one = await read(tenant);
    expect(one.document.number).toBe(3);
    expect(await Promise.all([active, revoked, suspended].map((id) => one.has(id)))).toEqual([false, true, false]);
    expect((await read(tenant)).document.number).toBe(3);
  });

  it('counts a change once, however many processes publish it at once', async () => {
    const tenant = await app.tenant();
    const other = await TestApp.start({ database: app.database, secrets: app.secrets, override: withClock });
    const license = await issue(tenant);
    const publishAll = () =>
      Promise.all(Array.from({ length: 20 }, (_, at) => publish(tenant, at % 2 === 0 ? app : other)));
    expect(new Set((await publishAll()).map(({ number }) => number))).toEqual(new Set([1]));
    for (let round = 2; round < 6; round++) {
      offset += 1_000;
      await set(license, round % 2 === 0 ? 'REVOKED' : 'ACTIVE');
      expect(new Set((await publishAll()).map(({ number }) => number))).toEqual(new Set([round]));
    }
    const rows = await app.database.query('SELECT 1 FROM signing_keys WHERE tenant_id = $1', [tenant.tenantId]);
    expect(rows).toHaveLength(1);
    await other.stop();
  });

  it('is signed anew in time, and forgets licenses when no file of theirs can be good any more', async () => {
    const tenant = await app.tenant();
    await set(await issue(tenant), 'REVOKED');
    const first = await read(tenant);
    offset += 2 * DAY_MS;
    const second = await read(tenant);
    expect(second.document.number).toBe(first.document.number);
    expect(Date.parse(second.document.expires_at) - Date.now() - offset).toBeGreaterThan(6 * DAY_MS);
    offset += 366 * DAY_MS;
    expect((await read(tenant)).document).toMatchObject({ number: first.document.number + 1, licenses: [] });
  });

  it('names no license to whoever does not know it, and holds none of another tenant', async () => {
    const [ours, theirs] = [await app.tenant(), await app.tenant()];
    const license = await issue(theirs);
    await set(license, 'REVOKED');
    expect((await read(ours)).document.licenses).toEqual([]);
    await publish(theirs);
    const answer = await fetchList(theirs);
    const text = Buffer.from((answer.revocation_list as string).replace(/-----.*-----/g, ''), 'base64').toString(
      'latin1',
    );
    expect(text).toContain('"licenses":["');
    expect(text).not.toContain(license);
  });

  const act = async (tenant: Api, licenseId: string, action: string) => {
    const { status } = await tenant.post(`/v1/licenses/${licenseId}/${action}`, { reason: { code: 'OTHER' } });
    expect(status).toBe(200);
  };
  const isListed = async (from: TestApp, { tenantId }: Api, licenseId: string) => {
    const { revocation_list } = (await from.anonymous().get(`/v1/client/${tenantId}/revocations`)).body;
    const { keys } = (await app.anonymous().get(`/v1/client/${tenantId}/jwks.json`)).body;
    const list = await verifyRevocationList(revocation_list as string, { tenantId, keys, now: Date.now() + offset });
    return list.has(licenseId);
  };

  it('is published at once by a revocation, a suspension and a reinstatement, to every process', async () => {
    const tenant = await app.tenant();
    const other = await TestApp.start({ database: app.database, secrets: app.secrets, override: withClock });
    const [license, bystander] = [await issue(tenant), await issue(tenant)];
    await publish(tenant);
    for (const process of [app, other]) expect(await isListed(process, tenant, license)).toBe(false);
    for (const [action, listed] of [
      ['suspend', true],
      ['reinstate', false],
      ['revoke', true],
    ] as const) {
      await act(tenant, license, action);
      for (const process of [app, other]) {
        await eventually(async () => expect(await isListed(process, tenant, license)).toBe(listed));
        expect(await isListed(process, tenant, bystander)).toBe(false);
      }
    }
    await other.stop();
  });

  it('is signed once a second at most, however many licenses are revoked by however many processes, and misses none', async () => {
    const tenant = await app.tenant();
    const other = await TestApp.start({ database: app.database, secrets: app.secrets, override: withClock });
    const there = other.bearer(tenant.tenantId, tenant.key ?? '');
    const ids = await issueMany(tenant, 20);
    await publish(tenant);
    const first = Number((await fetchList(tenant)).number);
    const began = Date.now();
    await Promise.all(ids.map((id, at) => act(at % 2 ? tenant : there, id, 'revoke')));
    await eventually(async () => {
      for (const process of [app, other]) {
        for (const id of ids) expect(await isListed(process, tenant, id)).toBe(true);
      }
    });
    const last = Number((await fetchList(tenant)).number);
    expect(last - first).toBeGreaterThan(0);
    expect(last - first).toBeLessThanOrEqual(Math.ceil((Date.now() - began) / 1_000));
    await other.stop();
  });

  it('may be kept by caches for a second', async () => {
    const tenant = await app.tenant();
    await publish(tenant);
    const response = await app.anonymous().get(`/v1/client/${tenant.tenantId}/revocations`);
    expect(response.headers['cache-control']).toBe('public, max-age=1');
  });

  it('is read without anything being written, and where there is none that is said', async () => {
    const tenant = await app.tenant();
    const path = `/v1/client/${tenant.tenantId}`;
    const statements = await statementsOf(async () => {
      const missing = await app.anonymous().get(`${path}/revocations`);
      expect(missing).toMatchObject({ status: 503, body: { code: 'REVOCATION_LIST_NOT_READY' } });
      expect(missing.headers['cache-control']).toBe('no-store');
      expect((await app.anonymous().get(`${path}/jwks.json`)).body).toEqual({ keys: [] });
    });
    expect(statements.filter((text) => /\b(INSERT|UPDATE|DELETE)\b/.test(text))).toEqual([]);
    expect(await app.database.query('SELECT 1 FROM signing_keys WHERE tenant_id = $1', [tenant.tenantId])).toEqual([]);
    await publish(tenant);
    const reading = await statementsOf(() => fetchList(tenant));
    expect(reading.filter((text) => /\b(INSERT|UPDATE|DELETE)\b/.test(text))).toEqual([]);
  });

  it('is made with the first key for a new tenant, without anybody asking', async () => {
    const platform = new PlatformActor({ type: 'platform_key', id: 'test', via: 'bus' }, new Set(['tenants:write']));
    const tenant_id = `new-${process.pid}`;
    await app.nest.get(CommandBus).execute(new CreateTenantCommand(platform, { tenant_id }));
    await eventually(async () => {
      const { status, body } = await app.anonymous().get(`/v1/client/${tenant_id}/revocations`);
      expect([status, body.number]).toEqual([200, 1]);
    });
    expect((await app.anonymous().get(`/v1/client/${tenant_id}/jwks.json`)).body.keys).toHaveLength(1);
  });

  /** Waits until all events are in the log. */
  const settle = () =>
    eventually(async () => {
      expect(await app.database.query('SELECT 1 FROM outbox')).toEqual([]);
    });
  const findDue = async () => {
    const tenants = await app.nest.get(RevocationListRepository).findDue('', 1_000, new Date(Date.now() + offset));
    return tenants.filter(({ isDue }) => isDue).map(({ tenantId }) => tenantId);
  };

  it.each(['suspend', 'reinstate', 'revoke', 'block', 'unblock'])(
    'is signed in the background after what a stopped process left (%s), and for no tenant with other events',
    async (action) => {
      const [changed, idle] = [await app.tenant(), await app.tenant()];
      const license = await issue(changed);
      const reason = { reason: { code: 'OTHER' } };
      const blocks = `/v1/licenses/${license}/blocked-devices`;
      const device = { fingerprint: 'a device with a file', ...reason };
      const block = async () => {
        expect((await changed.post(blocks, device)).status).toBe(200);
        // A block is listed while a file of the device is valid.
        const filesUntil = new Date(Date.now() + offset + DAY_MS);
        await app.database.query('UPDATE blocked_devices SET files_until = $2 WHERE license_id = $1', [
          license,
          filesUntil,
        ]);
      };
      const actions: Record<string, () => Promise<unknown>> = {
        suspend: () => act(changed, license, 'suspend'),
        reinstate: () => act(changed, license, 'reinstate'),
        revoke: () => act(changed, license, 'revoke'),
        block,
        unblock: async () => {
          const [{ blocked_device_id }] = (await changed.get(blocks)).body.data as [Wire];
          expect((await changed.send('delete', `${blocks}/${blocked_device_id}`)).status).toBe(200);
        },
      };
      if (action === 'reinstate') await act(changed, license, 'suspend');
      if (action === 'unblock') await block();
      await issue(idle);
      for (let times = 0; times < 2; times++) {
        await settle();
        offset += 1_000;
        await sweep();
      }
      const before = [await fetchList(changed), await fetchList(idle)];
      expect(before.map(({ number }) => number as number)).toEqual([1, 1]);
      offset += 1_000;
      const publisher = jest.spyOn(app.nest.get(RevocationListPublisher), 'changed').mockReturnValue(undefined);
      await actions[action]?.();
      publisher.mockRestore();
      for (const tenant of [changed, idle])
        await tenant.create('/v1/products', { product_id: 'another', name: 'Another' });
      await issue(idle);
      await settle();
      const due = await findDue();
      expect(due).toContain(changed.tenantId);
      expect(due).not.toContain(idle.tenantId);
      await sweep();
      expect((await fetchList(changed)).number).toBe((before[0]?.number as number) + 1);
      expect(await fetchList(idle)).toEqual(before[1]);
      expect(await findDue()).not.toContain(changed.tenantId);
    },
  );

  it('is looked at by the sweep for more tenants than one statement takes', async () => {
    const own = await TestApp.start();
    await own.database.query(
      `INSERT INTO tenants (id, created_at) SELECT 't' || n, now() FROM generate_series(1000, 1600) AS n`,
    );
    const publisher = own.nest.get(RevocationListPublisher);
    await publisher.sweep();
    const [row] = await own.database.query<{ lists: number; keys: number }>(
      `SELECT (SELECT count(*)::int FROM revocation_lists) AS lists, (SELECT count(*)::int FROM signing_keys) AS keys`,
    );
    expect(row).toEqual({ lists: 601, keys: 601 });
    await own.stop();
  });

  it('is of no tenant whose keys have all ended, however many tenants there are', async () => {
    const own = await TestApp.start();
    await own.database.query(
      `INSERT INTO tenants (id, created_at) SELECT 't' || n, now() FROM generate_series(1000, 1800) AS n`,
    );
    await own.database.query(
      `INSERT INTO signing_keys (tenant_id, kid, state, public_key, retired_at, version, created_at, updated_at)
       SELECT 't' || n, rpad('t' || n || key, 43, 'x'), 'RETIRED', decode(repeat('00', 32), 'hex'), now(), 1, now(), now()
       FROM generate_series(1000, 1800) AS n, generate_series(1, 3) AS key`,
    );
    await own.database.query('ANALYZE');
    const found = await own.nest.get(RevocationListRepository).findDue('', 1_000, new Date());
    expect(found).toHaveLength(801);
    expect(found.filter(({ isDue }) => isDue)).toEqual([]);
    await own.stop();
  });

  it.each(['revoke', 'retire'])(
    'signed by a key that ends (%s) is signed anew at once, over two processes',
    async (action) => {
      const tenant = await app.tenant();
      const other = await TestApp.start({ database: app.database, secrets: app.secrets, override: withClock });
      await set(await issue(tenant), 'REVOKED');
      await publish(tenant);
      const first = await fetchList(tenant);
      const [{ kid }] = (await tenant.get('/v1/signing-keys')).body.data as [Wire];
      const get = async (by: TestApp) => (await by.anonymous().get(`/v1/client/${tenant.tenantId}/revocations`)).body;
      expect(await get(other)).toEqual(first);
      if (action === 'revoke') {
        // Nothing signs for the moment: better no list than one whose signature is good no longer.
        expect((await tenant.post(`/v1/signing-keys/${kid}/revoke`, { force: true })).status).toBe(200);
        for (const by of [app, other]) expect(await get(by)).toMatchObject({ code: 'REVOCATION_LIST_NOT_READY' });
      }
      const next = await tenant.create('/v1/signing-keys', {});
      expect((await tenant.post(`/v1/signing-keys/${next.kid}/activate`)).status).toBe(200);
      await eventually(async () => {
        const { revocation_list, number } = await get(other);
        const use = { tenantId: tenant.tenantId, keys: [next.public_key as { x: string }], now: Date.now() + offset };
        const list = await verifyRevocationList(revocation_list as string, use);
        expect([number, list.document.kid]).toEqual([first.number, next.kid]);
      });
      expect(await get(app)).toEqual(await get(other));
      await other.stop();
    },
  );

  it('signed while the clock was ahead is signed anew when it is right again', async () => {
    const tenant = await app.tenant();
    offset += DAY_MS;
    await publish(tenant);
    offset -= DAY_MS;
    await sweep();
    const list = await fetchList(tenant);
    expect(list.number).toBe(1);
    expect(Date.parse(list.issued_at as string)).toBeLessThanOrEqual(Date.now() + offset);
  });

  it('is not there for a tenant that is not there', async () => {
    const answer = await app.anonymous().get('/v1/client/nobody/revocations');
    expect(answer).toMatchObject({ status: 404, body: { code: 'TENANT_NOT_FOUND' } });
    expect(await app.database.query(`SELECT 1 FROM signing_keys WHERE tenant_id = 'nobody'`)).toEqual([]);
  });
});
