import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CommandBus } from '@nestjs/cqrs';
import type { TestingModuleBuilder } from '@nestjs/testing';
import { verifyRevocationList } from '../packages/client/src/index.js';
import { PublishRevocationListCommand } from '../src/offline/index.js';
import { Clock } from '../src/shared/clock.js';
import { Actor } from '../src/shared/tenancy/actor.js';
import type { Api, Wire } from './support/api.js';
import { TestApp } from './support/app.js';
import { eventually } from './support/eventually.js';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

describe('the revocation list', () => {
  let app: TestApp;
  let offset = 0;
  const withClock = (builder: TestingModuleBuilder) =>
    builder.overrideProvider(Clock).useValue({ now: () => new Date(Date.now() + offset) });

  beforeAll(async () => {
    app = await TestApp.start({ override: withClock });
  });

  afterAll(() => app.stop());

  const issue = async (tenant: Api) => (await tenant.issue(await tenant.template())).license_id as string;
  const set = (licenseId: string, status: string) =>
    app.database.query('UPDATE licenses SET status = $2, updated_at = $3 WHERE license_id = $1', [
      licenseId,
      status,
      new Date(Date.now() + offset),
    ]);
  const fetchList = async (tenant: Api): Promise<Wire> =>
    (await app.anonymous().get(`/v1/client/${tenant.tenantId}/revocations`)).body;
  /** As a machine would: asked for a minute later, and believed by the published keys alone. */
  const read = async (tenant: Api) => {
    offset += MINUTE_MS;
    const { revocation_list } = await fetchList(tenant);
    const { keys } = (await app.anonymous().get(`/v1/client/${tenant.tenantId}/jwks.json`)).body;
    const now = Date.now() + offset;
    return verifyRevocationList(revocation_list as string, { tenantId: tenant.tenantId, keys, now });
  };

  it('lists what is revoked or suspended, and rises by one with each change', async () => {
    const tenant = await app.tenant();
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
    const publish = () =>
      Promise.all(
        Array.from({ length: 20 }, (_, at) =>
          (at % 2 === 0 ? app : other).nest
            .get(CommandBus)
            .execute(new PublishRevocationListCommand(Actor.service('test', tenant.tenantId))),
        ),
      );
    expect(new Set((await publish()).map(({ number }) => number))).toEqual(new Set([1]));
    for (let round = 2; round < 6; round++) {
      offset += 1_000;
      await set(license, round % 2 === 0 ? 'REVOKED' : 'ACTIVE');
      expect(new Set((await publish()).map(({ number }) => number))).toEqual(new Set([round]));
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
    const template = await tenant.template();
    const ids = await Promise.all(
      Array.from({ length: 20 }, async () => (await tenant.issue(template)).license_id as string),
    );
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

  it('is not made for a tenant that nobody asked for one', async () => {
    const tenant = await app.tenant();
    const license = await issue(tenant);
    await act(tenant, license, 'revoke');
    expect(await app.database.query('SELECT 1 FROM signing_keys WHERE tenant_id = $1', [tenant.tenantId])).toEqual([]);
    expect(await isListed(app, tenant, license)).toBe(true);
  });

  it('is read once a second, compared with the licenses once a minute, and may be kept by caches for a second', async () => {
    const tenant = await app.tenant();
    const before = await fetchList(tenant);
    await set(await issue(tenant), 'REVOKED');
    const response = await app.anonymous().get(`/v1/client/${tenant.tenantId}/revocations`);
    expect(response.headers['cache-control']).toBe('public, max-age=1');
    expect(response.body).toEqual(before);
    offset += 1_000;
    expect(await fetchList(tenant)).toEqual(before);
    offset += MINUTE_MS;
    expect((await fetchList(tenant)).number).toBe(Number(before.number) + 1);
  });

  it('is not there for a tenant that is not there', async () => {
    const answer = await app.anonymous().get('/v1/client/nobody/revocations');
    expect(answer).toMatchObject({ status: 404, body: { code: 'TENANT_NOT_FOUND' } });
    expect(await app.database.query(`SELECT 1 FROM signing_keys WHERE tenant_id = 'nobody'`)).toEqual([]);
  });
});
