import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Api, Wire } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import { NO_CLIENT_LIMITS, TestApp } from '../support/app.js';

const REASON = { code: 'CUSTOMER_REQUEST' };

/** Content of a proof, behind its signature. */
function contentOf(proof: string): Wire {
  const signed = Buffer.from(proof.replace(/-----.*-----/g, ''), 'base64');
  return JSON.parse(signed.subarray(64).toString());
}

describe('the keys of a license', () => {
  let app: TestApp;
  let api: Api;
  let program: Api;
  let template: string;

  beforeAll(async () => {
    app = await TestApp.start({ environment: NO_CLIENT_LIMITS });
    api = await app.tenant();
    program = app.anonymous();
    template = await api.template({ max_activations: 5, default_duration: 30 });
  });

  afterAll(() => app.stop());

  const rotate = async (license: Wire, body: Wire = {}) => {
    const response = await api.post(`/v1/licenses/${license.license_id}/rotate-key`, { reason: REASON, ...body });
    return response.body;
  };
  const validate = async (license_key: string, more: Wire = {}) =>
    (await program.post('/v1/client/validate', { license_key, fingerprint: 'pc', ...more })).body;

  it('rotate: the former works until the end of the overlap and says so, and the license stays', async () => {
    const { kid } = await api.create('/v1/signing-keys', {});
    await api.post(`/v1/signing-keys/${kid}/activate`, {});
    const license = await api.issue(template);
    const former = license.license_key as string;
    await program.post('/v1/client/activate', { license_key: former, fingerprint: 'pc' });
    const rotated = await rotate(license, { overlap_seconds: 3_600 });
    expect(rotated).toMatchObject({ license_id: license.license_id, version: 2 });
    expect(rotated.license_key_last_four).toBe(rotated.license_key.slice(-4));
    expect(rotated.license_key).not.toBe(former);

    const now = await validate(rotated.license_key as string);
    expect(now).toMatchObject({ code: 'VALID', warnings: [], activation: { fingerprint: 'pc' } });
    const warnings = [
      {
        code: 'KEY_ROTATED',
        detail: `Another license key replaced this one, which works until ${rotated.former_key_valid_until}.`,
        next: { action: 'contact_vendor' },
      },
    ];
    const before = await validate(former, { signed: true });
    expect(before).toMatchObject({ code: 'VALID', warnings });
    expect(contentOf(before.proof as string)).toMatchObject({ warnings });
    expect(contentOf(before.proof as string).expires_at <= rotated.former_key_valid_until).toBe(true);
    expect(
      contentOf((await validate(rotated.license_key as string, { signed: true })).proof as string),
    ).not.toHaveProperty('warnings');
    const second = { license_key: former, fingerprint: 'second' };
    for (const signed of [false, true]) {
      const { body } = await program.post('/v1/client/activate', { ...second, signed });
      expect(body).toMatchObject({ fingerprint: 'second', warnings });
      if (signed) expect(contentOf(body.proof as string)).toMatchObject({ warnings });
    }

    const revealed = await api.post(`/v1/licenses/${license.license_id}/reveal-key`);
    expect(revealed.body.license_key).toBe(rotated.license_key);
    const events = await eventually(async () => {
      const { data } = (await api.get(`/v1/license-events?license_id=${license.license_id}`)).body;
      const event = (data as Wire[]).find(({ event_type }) => event_type === 'license.key_rotated');
      expect(event?.event_data).toMatchObject({
        reason: REASON,
        before: { license_key_last_four: former.slice(-4) },
        after: { license_key_last_four: rotated.license_key_last_four },
      });
      return data as Wire[];
    });
    expect(JSON.stringify(events)).not.toContain(rotated.license_key);
  });

  it('refuse a replaced key by a code of its own, which says nothing about the license', async () => {
    const license = await api.issue(template);
    const first = await rotate(license, { overlap_seconds: 3_600 });
    // The overlap of a key ends with that of the key that replaced it.
    const second = await rotate(license);
    for (const replaced of [license.license_key, first.license_key] as string[]) {
      expect(await validate(replaced, { signed: true })).toMatchObject({
        valid: false,
        code: 'KEY_REPLACED',
        next: { action: 'contact_vendor' },
        reasons: [{ code: 'KEY_REPLACED' }],
        license: null,
        entitlements: [],
        proof: null,
      });
      for (const route of ['activate', 'heartbeat', 'deactivate']) {
        const response = await program.post(`/v1/client/${route}`, { license_key: replaced, fingerprint: 'pc' });
        expect(response).toMatchObject({ status: 409, body: { code: 'KEY_REPLACED' } });
      }
    }
    expect(await validate(second.license_key as string)).toMatchObject({ license: { license_id: license.license_id } });
  });

  it('are found as long as they are among the five latest that were replaced, and none is forgotten that works', async () => {
    const license = await api.issue(template);
    const keys = [license.license_key as string];
    for (let n = 0; n < 5; n++) keys.push((await rotate(license, { overlap_seconds: 60 + n })).license_key as string);
    const codesOf = () => Promise.all(keys.map(async (key) => (await validate(key)).code as string));
    const sixth = await rotate(license, { overlap_seconds: 60 });
    expect(sixth).toMatchObject({ status: 409, code: 'KEY_OVERLAP_RUNNING', next: { action: 'retry' } });
    const endsIn = Date.parse(sixth.next.after as string) - Date.now();
    expect(endsIn).toBeGreaterThan(0);
    expect(endsIn).toBeLessThanOrEqual(60_000);
    expect(await codesOf()).toEqual(keys.map(() => 'NOT_ACTIVATED'));
    // Without an overlap all former keys end, so that none has to be kept for it.
    for (let n = 0; n < 2; n++) keys.push((await rotate(license)).license_key as string);
    const replaced = 'KEY_REPLACED';
    expect(await codesOf()).toEqual([
      ...['NOT_FOUND', 'NOT_FOUND', replaced, replaced, replaced, replaced, replaced],
      'NOT_ACTIVATED',
    ]);
    keys.push((await rotate(license, { overlap_seconds: 60 })).license_key as string);
    expect((await codesOf()).slice(-2)).toEqual(['NOT_ACTIVATED', 'NOT_ACTIVATED']);
    const rows = await app.database.query(
      'SELECT number FROM rotated_license_keys WHERE license_id = $1 ORDER BY number',
      [license.license_id],
    );
    expect(rows).toEqual([3, 4, 5, 6, 7, 8].map((number) => ({ number })));
  });

  it.each([
    ['suspend', 200],
    ['revoke', 409],
  ])('after %s: rotating answers %d', async (action, status) => {
    const license = await api.issue(template);
    await api.post(`/v1/licenses/${license.license_id}/${action}`, { reason: REASON });
    const response = await api.post(`/v1/licenses/${license.license_id}/rotate-key`, { reason: REASON });
    expect(response.status).toBe(status);
  });

  it('rotate while programs validate: neither key is ever unknown, and of rotations at once the last one counts', async () => {
    const license = await api.issue(template);
    const former = license.license_key as string;
    const asked = { enough: false };
    const codes = new Set<string>();
    const asking = (async () => {
      while (!asked.enough) codes.add((await validate(former)).code as string);
    })();
    const rotated = await Promise.all([1, 2, 3, 4].map(() => rotate(license, { overlap_seconds: 3_600 })));
    asked.enough = true;
    await asking;
    expect([...codes]).toEqual(['NOT_ACTIVATED']);
    const keys = rotated.map(({ license_key }) => license_key as string);
    const states = await Promise.all(keys.map((key) => validate(key)));
    expect(states.filter(({ warnings }) => warnings.length === 0)).toHaveLength(1);
    const current = (await api.post(`/v1/licenses/${license.license_id}/reveal-key`)).body.license_key as string;
    expect(states[keys.indexOf(current)]?.warnings).toEqual([]);
  });

  it('rotate with a transfer that asks for it, whose former owner keeps neither key nor devices', async () => {
    const license = await api.issue(template);
    const former = license.license_key as string;
    const activate = (fingerprint: string) => program.post('/v1/client/activate', { license_key: former, fingerprint });
    await Promise.all(['pc', 'laptop'].map(activate));
    const path = `/v1/licenses/${license.license_id}/transfer`;
    const kept = (await api.post(path, { customer_id: 'plain' })).body;
    expect(kept).not.toHaveProperty('license_key');
    expect(kept).not.toHaveProperty('devices');
    expect((await validate(former)).code).toBe('VALID');

    const body = { customer_id: 'new-owner', rotate_key: true, deactivate_devices: true, reason: REASON };
    const send = () => api.post(path, body, { 'Idempotency-Key': 'move', 'If-Match': '"2"' });
    const moved = await send();
    expect(moved.body).toMatchObject({
      customer_id: 'new-owner',
      version: 4,
      current_activations: 0,
      devices: { deactivated: 2, held: 0, held_until: null },
      license_key_last_four: moved.body.license_key.slice(-4),
    });
    expect((await send()).body).toEqual(moved.body);
    expect((await validate(former)).code).toBe('KEY_REPLACED');
    expect((await validate(moved.body.license_key as string)).code).toBe('NOT_ACTIVATED');
    await eventually(async () => {
      const events = (await api.get(`/v1/license-events?license_id=${license.license_id}`)).body.data as Wire[];
      expect(events.slice(-4).map(({ event_type }) => event_type as string)).toEqual([
        'license.transferred',
        'license.transferred',
        'license.key_rotated',
        'license.activations_reset',
      ]);
    });

    // A refused transfer leaves key and devices as they are, and the rights of the single routes are needed.
    await api.create('/v1/customers', { customer_id: 'gone', company_name: 'Gone', active: false });
    const refused = await api.post(path, { ...body, customer_id: 'gone' });
    expect(refused).toMatchObject({ status: 409, body: { code: 'CUSTOMER_INACTIVE' } });
    expect((await validate(moved.body.license_key as string)).code).toBe('NOT_ACTIVATED');
    for (const [asked, missing] of [
      ['rotate_key', 'licenses:rotate-key'],
      ['deactivate_devices', 'activations:write'],
    ] as const) {
      const mover = await app.key(api.tenantId, ['licenses:transfer']);
      expect((await mover.post(path, { customer_id: 'x', [asked]: true })).body.detail).toContain(missing);
      expect((await mover.post(path, { customer_id: 'x' })).status).toBe(200);
    }
  });

  it('are rotated once for an idempotency key', async () => {
    const license = await api.issue(template);
    const send = () =>
      api.post(`/v1/licenses/${license.license_id}/rotate-key`, { reason: REASON }, { 'Idempotency-Key': 'rotate' });
    const [one, two] = [await send(), await send()];
    expect(two.body).toEqual(one.body);
    expect(one.body.version).toBe(2);
  });
});

describe('guesses of license keys', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await TestApp.start({
      environment: { ...NO_CLIENT_LIMITS, CLIENT_UNKNOWN_KEYS_PER_MINUTE: '30', TRUST_PROXY: '127.0.0.0/8' },
    });
  });

  afterAll(() => app.stop());

  it('count against the address and the tenant that they name, and keys that were found lately go on', async () => {
    const api = await app.tenant();
    const license = await api.issue(await api.template({ max_activations: null }));
    const other = await api.issue(await api.template({ max_activations: null }));
    const program = app.anonymous();
    const validate = async (license_key: string, ip: string, tenant_id?: string) =>
      (await program.post('/v1/client/validate', { license_key, tenant_id }, { 'X-Forwarded-For': ip })).body
        .code as string;
    const [good, late] = [license.license_key, other.license_key] as [string, string];
    expect(await validate(good, '10.0.0.1', api.tenantId)).toBe('VALID');
    expect(await validate(good, '10.0.0.1')).toBe('VALID');
    for (let n = 0; n < 30; n++) {
      expect(await validate(`guess-of-a-key-${n}`, '10.0.0.1')).toBe('NOT_FOUND');
      expect(await validate(good, '10.0.0.1')).toBe('VALID');
    }
    expect(await validate('one-guess-too-many', '10.0.0.1')).toBe('RATE_LIMITED');
    // A right guess is refused like a wrong one.
    expect(await validate(late, '10.0.0.1')).toBe('RATE_LIMITED');
    expect(await validate(late, '10.0.0.2')).toBe('VALID');

    for (let n = 0; n < 30; n++) expect(await validate(`guess-${n}`, `10.0.1.${n}`, api.tenantId)).toBe('NOT_FOUND');
    expect(await validate('a-guess-from-anywhere', '10.0.2.1', api.tenantId)).toBe('RATE_LIMITED');
    expect(await validate(good, '10.0.2.1', api.tenantId)).toBe('VALID');
    // Requests that name no tenant, or another one, are not concerned.
    expect(await validate('a-guess-without-tenant', '10.0.2.1')).toBe('NOT_FOUND');
    expect(await validate('a-guess-of-another', '10.0.2.1', (await app.tenant()).tenantId)).toBe('NOT_FOUND');
  });

  it('at once are no more than one after another, and good keys at once are not refused', async () => {
    const api = await app.tenant();
    const template = await api.template({ max_activations: null });
    const good = await Promise.all(Array.from({ length: 60 }, async () => (await api.issue(template)).license_key));
    const validate = async (license_key: string, ip: string, tenant_id = api.tenantId) =>
      (await app.anonymous().post('/v1/client/validate', { license_key, tenant_id }, { 'X-Forwarded-For': ip })).body
        .code as string;
    const codes = await Promise.all(good.map((key) => validate(key as string, '10.1.0.1')));
    expect(new Set(codes)).toEqual(new Set(['VALID']));
    const guesses = await Promise.all(
      Array.from({ length: 100 }, (_, n) => validate(`guess-at-once-${n}`, '10.1.0.2')),
    );
    expect(guesses.filter((code) => code === 'NOT_FOUND')).toHaveLength(30);
    expect(guesses.filter((code) => code === 'RATE_LIMITED')).toHaveLength(70);
    // That a key of our form was found for one tenant says nothing to another one.
    const other = await app.tenant();
    for (let n = 0; n < 30; n++) await validate(`guess-${n}`, `10.1.1.${n}`, other.tenantId);
    expect(await validate(good[0] as string, '10.1.2.1', other.tenantId)).toBe('RATE_LIMITED');
    expect(await validate(good[0] as string, '10.1.2.1')).toBe('VALID');
  });
});
