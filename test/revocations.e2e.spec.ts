import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CommandBus } from '@nestjs/cqrs';
import type { TestingModuleBuilder } from '@nestjs/testing';
import { verifyRevocationList } from '../packages/client/src/index.js';
import { PublishRevocationListCommand } from '../src/offline/index.js';
import { Clock } from '../src/shared/clock.js';
import { Actor } from '../src/shared/tenancy/actor.js';
import type { Api, Wire } from './support/api.js';
import { TestApp } from './support/app.js';

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

  it('is looked up once a minute, and may be kept by caches as long', async () => {
    const tenant = await app.tenant();
    const before = await fetchList(tenant);
    await set(await issue(tenant), 'REVOKED');
    const response = await app.anonymous().get(`/v1/client/${tenant.tenantId}/revocations`);
    expect(response.headers['cache-control']).toBe('public, max-age=60');
    expect(response.body).toEqual(before);
    offset += MINUTE_MS;
    expect((await fetchList(tenant)).number).toBe(Number(before.number) + 1);
  });

  it('is not there for a tenant that is not there', async () => {
    const answer = await app.anonymous().get('/v1/client/nobody/revocations');
    expect(answer).toMatchObject({ status: 404, body: { code: 'TENANT_NOT_FOUND' } });
    expect(await app.database.query(`SELECT 1 FROM signing_keys WHERE tenant_id = 'nobody'`)).toEqual([]);
  });
});
