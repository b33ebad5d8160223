import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  LicenseClient,
  memoryStore,
  type ClientOptions,
  type LicenseError,
  type PublicKey,
} from '../../packages/client/src/index.js';
import type { Api, Wire } from '../support/api.js';
import { TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';

const DAY_S = 86_400;

describe('@imprimatur/client and the server', () => {
  let app: TestApp;
  let tenant: Api;
  let baseUrl: string;

  beforeAll(async () => {
    app = await TestApp.start();
    tenant = await app.tenant();
    baseUrl = await app.nest.getUrl();
  });

  afterAll(() => app.stop());

  const issue = async (terms: Record<string, unknown> = {}): Promise<Wire> =>
    tenant.issue(await tenant.template({ max_activations: 1, ...terms }));
  const keys = async (): Promise<PublicKey[]> => {
    const path = `/v1/client/${tenant.tenantId}/jwks.json`;
    // The first signature makes the first key.
    await app.signRevocations(tenant);
    return (await app.anonymous().get(path)).body.keys as PublicKey[];
  };
  const clientOf = async (license: Wire, options: Partial<ClientOptions> = {}) =>
    new LicenseClient({
      baseUrl,
      tenantId: tenant.tenantId,
      keys: await keys(),
      licenseKey: license.license_key as string,
      fingerprint: 'device-1',
      ...options,
    } as ClientOptions);
  const set = (license: Wire, status: string) =>
    app.database.query(`UPDATE licenses SET status = $2, updated_at = now() WHERE license_id = $1`, [
      license.license_id,
      status,
    ]);

  it('agree on the whole life of a seat', async () => {
    const license = await issue();
    const client = await clientOf(license, { productId: license.product_id as string });
    expect((await client.validate()).code).toBe('NOT_ACTIVATED');
    expect(await client.activate({ name: 'desk' })).toMatchObject({ status: 'ACTIVE', name: 'desk' });
    expect(await client.check()).toMatchObject({ valid: true, code: 'VALID', source: 'server' });
    const second = await clientOf(license, { fingerprint: 'device-2' });
    await expect(second.activate()).rejects.toMatchObject({ problem: { code: 'ACTIVATION_LIMIT_REACHED' } });
    expect((await client.deactivate()).status).toBe('DEACTIVATED');
    expect((await second.activate()).status).toBe('ACTIVE');
    second.stop();
  });

  it('agree on the heartbeat of a lease, which is kept while the program runs', async () => {
    const terms = { license_type: 'CONCURRENT', heartbeat_interval_seconds: 1, heartbeat_grace_seconds: 5 };
    const license = await issue(terms);
    const lost: LicenseError[] = [];
    const client = await clientOf(license);
    const first = await client.activate({}, (error) => lost.push(error));
    await eventually(async () => {
      const { data } = (await tenant.get(`/v1/licenses/${license.license_id}/activations`)).body;
      const [seat] = data as Wire[];
      expect(Date.parse(seat.lease_expires_at as string)).toBeGreaterThan(
        Date.parse(first.lease_expires_at ?? '') + 1_500,
      );
      expect(seat.activation_id).toBe(first.activation_id);
    });
    await set(license, 'SUSPENDED');
    await eventually(() => expect(lost.map(({ problem }) => problem?.code)).toEqual(['LICENSE_STATE']));
  });

  it('agree on a license file: bound, lent, and ended by the revocation list', async () => {
    const license = await issue({ features: [{ feature_id: 'f', feature_name: 'F' }] });
    const store = memoryStore();
    const client = await clientOf(license, { store });
    const file = await client.checkOut(7 * DAY_S, { name: 'laptop' });
    expect(file).toMatchObject({ device: { fingerprint: 'device-1' }, license: { license_id: license.license_id } });
    await expect(client.deactivate()).rejects.toMatchObject({ problem: { code: 'SEAT_LENT' } });
    const offline = await clientOf(license, { store, baseUrl: 'http://127.0.0.1:1' });
    expect(await offline.check()).toMatchObject({ valid: true, source: 'file', file: { kid: file.kid } });
    const stolen = await clientOf(license, { store, fingerprint: 'device-2', baseUrl: 'http://127.0.0.1:1' });
    expect(await stolen.check()).toMatchObject({ valid: false, code: 'WRONG_DEVICE' });
    await expect(stolen.verifyStoredFile()).rejects.toMatchObject({ code: 'WRONG_DEVICE' });
    await set(license, 'REVOKED');
    // A list is not followed by another within a second.
    await eventually(async () => {
      const list = await app.signRevocations(tenant);
      await offline.importRevocations(list.revocation_list);
      expect(await offline.check()).toMatchObject({ valid: false, code: 'REVOKED', source: 'file' });
    });
  });

  it('agree on a device that is replaced at the moment of refusal, whose program does not come back by itself', async () => {
    const license = await issue({ self_service_replacement: true });
    const old = await clientOf(license);
    const lost: LicenseError[] = [];
    const { activation_id } = await old.activate({ name: 'Front desk' }, (error) => lost.push(error));
    const client = await clientOf(license, { fingerprint: 'device-2' });
    const { replacement, next } = (await client.activate().catch((error: unknown) => error)) as LicenseError;
    expect(next).toEqual({ action: 'replace_device' });
    expect(replacement?.devices).toMatchObject([{ activation_id, name: 'Fr… de…' }]);
    if (!replacement) throw new Error('Nothing was offered.');
    expect(await client.replace(activation_id, replacement, { name: 'New desk' })).toMatchObject({
      fingerprint: 'device-2',
      name: 'New desk',
    });
    expect(await client.check()).toMatchObject({ valid: true, code: 'VALID', source: 'server' });
    expect((await old.check()).code).toBe('ACTIVATION_LIMIT_REACHED');
    expect(lost).toEqual([]);
    await client.deactivate();
    await expect(client.replace(activation_id, replacement)).rejects.toMatchObject({
      problem: { code: 'REPLACEMENT_TOKEN_INVALID' },
      replacement: undefined,
    });
    for (const program of [old, client]) program.stop();
  });

  it('agree on a blocked device: its file ends by the list, and by a signed refusal', async () => {
    const license = await issue({ max_activations: 2 });
    const [store, otherStore] = [memoryStore(), memoryStore()];
    const client = await clientOf(license, { store });
    const other = await clientOf(license, { store: otherStore, fingerprint: 'device-2' });
    for (const program of [client, other]) await program.checkOut(7 * DAY_S);
    const request = { fingerprint: 'device-1', reason: { code: 'FRAUD' } };
    const { body: blocked } = await tenant.post(`/v1/licenses/${license.license_id}/blocked-devices`, request);
    expect(Date.parse(blocked.files_until as string)).toBeGreaterThan(Date.now());
    const offline = await clientOf(license, { store, baseUrl: 'http://127.0.0.1:1' });
    const offlineOther = await clientOf(license, {
      store: otherStore,
      fingerprint: 'device-2',
      baseUrl: 'http://127.0.0.1:1',
    });
    expect(await offline.check()).toMatchObject({ valid: true, source: 'file' });
    // A list is not followed by another within a second.
    await eventually(async () => {
      const { revocation_list } = await app.signRevocations(tenant);
      for (const program of [offline, offlineOther]) await program.importRevocations(revocation_list);
      expect(await offline.check()).toMatchObject({ valid: false, code: 'DEVICE_BLOCKED', source: 'file' });
    });
    expect(await offlineOther.check()).toMatchObject({ valid: true, source: 'file' });
    // Unblocked, the file is valid again; blocked once more, the signed answer deletes it.
    const path = `/v1/licenses/${license.license_id}/blocked-devices`;
    await tenant.send('delete', `${path}/${blocked.blocked_device_id}`);
    await eventually(async () => {
      await offline.importRevocations((await app.signRevocations(tenant)).revocation_list);
      expect(await offline.check()).toMatchObject({ valid: true, source: 'file' });
    });
    await tenant.post(path, request);
    expect(await client.check()).toMatchObject({ valid: false, code: 'DEVICE_BLOCKED', source: 'server' });
    expect(await offline.check()).toMatchObject({ valid: false, code: 'NO_LICENSE_FILE' });
  });

  it('agree on the last good answer: fresh, bound to device, key and product, and gone with a no', async () => {
    const license = await issue({ features: [{ feature_id: 'f', feature_name: 'F' }] });
    const store = memoryStore();
    const options = { store, productId: license.product_id as string };
    const question = { features: ['f'], released_at: '2020-01-01T00:00:00+01:00', version: '1', domain: 'a.example' };
    const client = await clientOf(license, options);
    await client.activate();
    client.stop();
    expect(await client.check(question)).toMatchObject({ valid: true, code: 'VALID', source: 'server' });
    const unreachable = { ...options, baseUrl: 'http://127.0.0.1:1' };
    const offline = await clientOf(license, unreachable);
    const answer = { license_id: license.license_id as string, device: { fingerprint: 'device-1' } };
    expect(await offline.check(question)).toMatchObject({ valid: true, source: 'cache', grace: false, answer });
    expect(await offline.check({ ...question, features: ['g'] })).toMatchObject({
      valid: false,
      code: 'FEATURE_MISSING',
    });
    const later = (ms: number) => clientOf(license, { ...unreachable, clock: () => Date.now() + ms });
    const verdicts = [];
    for (const days of [1.5, 3, 0]) verdicts.push(await (await later(days * DAY_S * 1000)).check(question));
    expect(verdicts).toMatchObject([
      { valid: true, source: 'cache', grace: true },
      { valid: false, code: 'EXPIRED' },
      { valid: false, code: 'CLOCK_TURNED_BACK' },
    ]);
    expect(await client.check(question)).toMatchObject({ valid: true, source: 'server' });
    expect(await offline.check(question)).toMatchObject({ valid: true, source: 'cache' });
    const elsewhere = await clientOf(license, { ...unreachable, fingerprint: 'device-2' });
    expect(await elsewhere.check(question)).toMatchObject({ valid: false, code: 'WRONG_DEVICE' });
    await client.deactivate();
    expect(await offline.check(question)).toMatchObject({ valid: false, code: 'NO_LICENSE_FILE' });
    expect(await client.check(question)).toMatchObject({ valid: false, code: 'NOT_ACTIVATED', source: 'server' });
    const unknown = await clientOf({ license_key: '0123-4567-89AB-CDEF-0123' }, options);
    expect(await unknown.check()).toMatchObject({ valid: false, code: 'NOT_FOUND', source: 'server' });
  });

  it('keep a file for offlineSeconds while the server says yes, for which a retired key is still good', async () => {
    const license = await issue();
    const store = memoryStore();
    const client = await clientOf(license, { store, offlineSeconds: DAY_S });
    await client.activate();
    expect(await client.check()).toMatchObject({ valid: true, source: 'server' });
    client.stop();
    const { kid } = await tenant.create('/v1/signing-keys', {});
    await tenant.post(`/v1/signing-keys/${kid}/activate`);
    await store.setItem('imprimatur.answer', '');
    const offline = await clientOf(license, { store, baseUrl: 'http://127.0.0.1:1' });
    expect(await offline.check()).toMatchObject({ valid: true, source: 'file' });
    const newer = await (await clientOf(license, { store })).checkOut(DAY_S);
    expect(newer.kid).toBe(kid);
  });

  it.each([
    [
      403,
      'LICENSE_RESTRICTED',
      { restrictions: [{ restriction_type: 'DOMAIN', values: ['a.example'], operator: 'ALLOW' }] },
      { domain: 'b.example' },
    ],
    [400, 'VALIDATION_FAILED', {}, { ttl_seconds: 59 }],
  ])('%i %s where no file is given', async (status, code, terms, request) => {
    const { license_key } = (await issue(terms)) as { license_key: string };
    const answer = await app.anonymous().post('/v1/client/check-out', { license_key, fingerprint: 'd', ...request });
    expect(answer).toMatchObject({ status, body: { code } });
  });

  it('give no file for a key that nobody has', async () => {
    const client = await clientOf({ license_key: '0123-4567-89AB-CDEF-0123' });
    await expect(client.checkOut(DAY_S)).rejects.toMatchObject({ problem: { code: 'LICENSE_NOT_FOUND' } });
  });

  it('write down who checked out, by the license and not by its key', async () => {
    const license = await issue();
    await (await clientOf(license)).checkOut(DAY_S);
    await eventually(async () => {
      const response = await tenant.get(`/v1/license-events?license_id=${license.license_id}`);
      const events = (response.body.data as Wire[]).filter(({ event_type }) => event_type === 'license.checked_out');
      expect(events.map(({ actor }) => actor)).toMatchObject([{ type: 'license_key', id: license.license_id }]);
      expect(response.text).not.toContain(license.license_key);
    });
  });

  it('are enough for the program in examples/, online and then without the server', async () => {
    execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'packages/client/tsconfig.build.json']);
    const license = await issue();
    const stateDir = await mkdtemp(join(tmpdir(), 'licensed-program-'));
    const environment = {
      PATH: process.env.PATH,
      SERVER: baseUrl,
      TENANT: tenant.tenantId,
      TENANT_KEYS: JSON.stringify({ keys: await keys() }),
      LICENSE_KEY: license.license_key as string,
      STATE_DIR: stateDir,
      DEVICE_ID: 'a device of its own',
    };
    const run = async (more: Record<string, string> = {}) =>
      promisify(execFile)(process.execPath, ['examples/licensed-program.mjs'], {
        env: { ...environment, ...more },
      }).then(
        ({ stdout }) => stdout,
        (error: unknown) => {
          const { code, stdout } = error as { code: number; stdout: string };
          return `${code}: ${stdout}`;
        },
      );
    expect(await run()).toBe('Running: VALID, says the server.\n');
    expect(await run({ SERVER: 'http://127.0.0.1:1' })).toBe('Running: VALID, says the cache.\n');
    await rm(join(stateDir, 'imprimatur.answer'));
    expect(await run({ SERVER: 'http://127.0.0.1:1' })).toBe('Running: VALID, says the file.\n');
    const replacing = await issue({ self_service_replacement: true });
    await (await clientOf(replacing, { unsigned: true, keys: undefined })).activate({ name: 'Old desk' });
    const full = { LICENSE_KEY: replacing.license_key as string, STATE_DIR: join(stateDir, 'new') };
    const refused = await run(full);
    const [, chosen = ''] = /^1: REPLACE=(\S+) replaces Ol… de…, last seen .*\.\nNot running: /.exec(refused) ?? [];
    expect(refused).toContain('ACTIVATION_LIMIT_REACHED');
    expect(await run({ ...full, REPLACE: chosen })).toMatch(/\nRunning: VALID, says the server\.\n$/);
    await set(license, 'SUSPENDED');
    expect(await run()).toBe('1: Not running: SUSPENDED, says the server.\n');
    expect(await run({ SERVER: 'http://127.0.0.1:1' })).toBe('1: Not running: NO_LICENSE_FILE, says the file.\n');
    await rm(stateDir, { recursive: true });
  });
});
