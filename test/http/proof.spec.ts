import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  verifySignedValidation,
  verifyLicenseFile,
  type PublicKey,
  type SignedValidation,
} from '../../packages/client/src/index.js';
import { PROOF_GRACE_MS, PROOF_TTL_MS } from '../../src/validation/proof.js';
import { Clock } from '../../src/shared/time/clock.js';
import type { Api, Wire } from '../support/api.js';
import { TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { statementsOf } from '../support/statements.js';

const DAY_MS = 24 * 3_600_000;
const START = new Date('2026-06-15T10:30:00.000Z');
const NOBODYS = '0123-4567-89AB-CDEF-0123';

type Body = Record<string, unknown>;

describe('a signed answer of validate', () => {
  let app: TestApp;
  let tenant: Api;
  let keys: PublicKey[];
  let now = START;

  beforeAll(async () => {
    app = await TestApp.start({
      // Nothing of the server's own among the statements that are counted.
      environment: { RELAY_INTERVAL_MS: '600000', LICENSE_TIMER_INTERVAL_MS: '600000' },
      override: (builder) => builder.overrideProvider(Clock).useValue({ now: () => now }),
    });
    tenant = await app.tenant();
    keys = await activeKeysOf(tenant);
  });

  afterAll(() => app.stop());

  const keySet = async ({ tenantId }: Api) =>
    (await app.anonymous().get(`/v1/client/${tenantId}/jwks.json`)).body.keys as PublicKey[];
  const activeKeysOf = async (of: Api) => {
    const { kid } = await of.create('/v1/signing-keys', {});
    await of.post(`/v1/signing-keys/${kid}/activate`);
    return keySet(of);
  };
  const issue = async (terms: Body = {}, of = tenant): Promise<Wire> => of.issue(await of.template(terms));
  const ask = async ({ license_key }: Wire, question: Body = {}): Promise<Wire> => {
    const body = { license_key: license_key as string, signed: true, ...question };
    const response = await app.anonymous().post('/v1/client/validate', body);
    expect(response.status).toBe(200);
    return response.body;
  };
  const activate = (license: Wire, fingerprint: string) =>
    app.anonymous().post('/v1/client/activate', { license_key: license.license_key as string, fingerprint });
  const activateSigned = ({ license_key }: Wire, request: Body, headers: Record<string, string> = {}) =>
    app
      .anonymous()
      .post('/v1/client/activate', { license_key: license_key as string, signed: true, ...request }, headers);
  const open = (answer: Wire, { at = now, fingerprint = 'pc' } = {}): Promise<SignedValidation> =>
    verifySignedValidation(answer.proof as string, { tenantId: tenant.tenantId, keys, fingerprint, now: at.getTime() });
  /** Content of a signed refusal, which only the program that asked may use. */
  const read = (answer: Wire) =>
    JSON.parse(
      Buffer.from((answer.proof as string).replace(/-----.*-----/g, ''), 'base64')
        .subarray(64)
        .toString(),
    ) as SignedValidation;
  const after = (ms: number) => new Date(START.getTime() + ms);

  it('says what the answer says, of whom, and to which question', async () => {
    const license = await issue({
      features: [{ feature_id: 'a', feature_name: 'A', limit_value: 5, limit_type: 'COUNT' }],
    });
    const activation = (await activate(license, 'pc')).body;
    const asked = {
      product_id: license.product_id as string,
      features: ['a'],
      released_at: '2026-01-01T00:00:00+01:00',
    };
    const answer = await ask(license, { ...asked, fingerprint: 'pc', nonce: 'n-1', version: '2', domain: 'a.example' });
    expect(answer).toMatchObject({ valid: true, code: 'VALID', nonce: 'n-1' });
    expect(await open(answer)).toEqual({
      alg: 'Ed25519',
      format: 1,
      type: 'validation',
      kid: (keys[0] as PublicKey & { kid: string }).kid,
      tenant_id: tenant.tenantId,
      issued_at: START.toISOString(),
      refresh_at: after(PROOF_TTL_MS).toISOString(),
      expires_at: after(PROOF_TTL_MS + PROOF_GRACE_MS).toISOString(),
      valid: true,
      code: 'VALID',
      reasons: [],
      license_id: license.license_id,
      product_id: license.product_id,
      device: { fingerprint: 'pc' },
      activation: { activation_id: activation.activation_id, status: 'ACTIVE', lease_expires_at: null },
      entitlements: answer.entitlements,
      question: { ...asked, released_at: '2025-12-31T23:00:00.000Z', version: '2', domain: 'a.example' },
      nonce: 'n-1',
    });
    expect(answer.proof).not.toContain(license.license_key);
  });

  it('of an activation is the validation after it, and is made for each request, a repeated one included', async () => {
    const template = await tenant.template({ max_activations: 1 });
    const license = await tenant.issue(template, { starts: 'AT_FIRST_ACTIVATION' });
    const question = { product_id: license.product_id as string, version: '2', domain: 'a.example' };
    const request = { fingerprint: 'pc', name: 'Front desk', nonce: 'n-1', ...question };
    const once = { 'Idempotency-Key': 'activate-once' };
    const { body } = await activateSigned(license, request, once);
    expect(body).toMatchObject({ status: 'ACTIVE', name: 'Front desk', warnings: [], nonce: 'n-1' });
    const { activation_id } = body;
    const proven = await open(body);
    expect(proven).toMatchObject({
      ...{ valid: true, code: 'VALID', nonce: 'n-1', license_id: license.license_id },
      device: { fingerprint: 'pc' },
      activation: { activation_id, status: 'ACTIVE' },
    });
    expect(proven.question).toEqual(question);

    // As where the license is refused between the activation and its proof.
    await tenant.post(`/v1/licenses/${license.license_id}/suspend`, { reason: { code: 'CUSTOMER_REQUEST' } });
    const again = await activateSigned(license, { ...request, nonce: 'n-2' }, once);
    expect(again.body).toEqual({ ...body, nonce: 'n-2', proof: expect.any(String) });
    expect(read(again.body)).toMatchObject({ valid: false, code: 'SUSPENDED', nonce: 'n-2' });
    const { proof, nonce, ...activation } = body;
    expect((await activateSigned(license, { ...request, nonce: undefined, signed: false }, once)).body).toEqual(
      activation,
    );
    expect([proof, nonce]).toEqual([expect.any(String), 'n-1']);

    expect(await activateSigned(license, { nonce: 'n-3' })).toMatchObject({
      status: 400,
      body: { code: 'VALIDATION_FAILED', errors: [{ pointer: '/fingerprint' }] },
    });
  });

  it('of an activation costs one more read, which an activation without one does not pay', async () => {
    const license = await issue({ max_activations: 2 });
    for (const [fingerprint, signed, reads] of [
      ['a', false, 1],
      ['b', true, 2],
    ] as const) {
      const statements = await statementsOf(async () => {
        expect((await activateSigned(license, { fingerprint, signed })).status).toBe(200);
      });
      expect(statements.filter((text) => text.includes('FROM license_keys'))).toHaveLength(reads);
    }
  });

  it('is the same answer otherwise, and no proof is given that nobody asked for', async () => {
    const license = await issue({ max_activations: null });
    const { proof, ...rest } = await ask(license);
    expect(proof).toContain('BEGIN IMPRIMATUR VALIDATION');
    expect(await ask(license, { signed: false })).toEqual(rest);
    expect(await ask(license, { signed: undefined })).toEqual(rest);
  });

  it('signs a no like a yes, which is good for nobody but who asked', async () => {
    const license = await issue({ max_activations: 1 });
    const answer = await ask(license, { fingerprint: 'pc', nonce: 'n' });
    expect(read(answer)).toMatchObject({
      valid: false,
      code: 'NOT_ACTIVATED',
      reasons: answer.reasons,
      activation: null,
      nonce: 'n',
      refresh_at: START.toISOString(),
      expires_at: START.toISOString(),
    });
    await expect(open(answer)).rejects.toMatchObject({ code: 'EXPIRED' });
  });

  it('lasts where the features alone are wrong that were asked for', async () => {
    const license = await issue({ max_activations: null });
    const answer = await ask(license, { features: ['none'], fingerprint: 'pc' });
    expect(await open(answer)).toMatchObject({ valid: false, code: 'FEATURE_MISSING' });
    expect(read(answer).expires_at).toBe(after(PROOF_TTL_MS + PROOF_GRACE_MS).toISOString());
  });

  it.each([
    ['its expiry', { default_duration: 2 }, 0, 2 * DAY_MS, 'VALID'],
    ['its expiry, also within the time to live', { default_duration: 2 }, 1.5 * DAY_MS, 2 * DAY_MS, 'VALID'],
    ['its grace when it is in it', { default_duration: 2, grace_period_days: 2 }, 3 * DAY_MS, 4 * DAY_MS, 'IN_GRACE'],
    ['three days', { default_duration: null, license_type: 'PERPETUAL' }, 0, 3 * DAY_MS, 'VALID'],
  ])('never outlives the license: it ends with %s', async (_, terms, at, end, code) => {
    const license = await issue({ max_activations: null, grace_period_days: 5, ...terms });
    now = after(at);
    const answer = await ask(license, { fingerprint: 'pc' });
    now = START;
    expect(answer.code).toBe(code);
    const { expires_at, refresh_at } = read(answer);
    expect(expires_at).toBe(after(end).toISOString());
    expect(refresh_at).toBe(after(Math.min(end, at + PROOF_TTL_MS)).toISOString());
    await expect(open(answer, { at: after(end - 1) })).resolves.toBeDefined();
    await expect(open(answer, { at: after(end) })).rejects.toMatchObject({ code: 'EXPIRED' });
  });

  it('never outlives the lease of a seat that is lent', async () => {
    const lent = { license_type: 'CONCURRENT', heartbeat_interval_seconds: 600, heartbeat_grace_seconds: 60 };
    const license = await issue(lent);
    const seat = (await activate(license, 'pc')).body;
    const proof = await open(await ask(license, { fingerprint: 'pc' }));
    expect(proof.expires_at).toBe(seat.lease_expires_at);
    expect(proof.activation).toMatchObject({ lease_expires_at: after(660_000).toISOString() });
  });

  it('can never stand in for a license file, nor a license file for it', async () => {
    const license = await issue({ max_activations: null });
    const trust = { tenantId: tenant.tenantId, keys, now: now.getTime(), fingerprint: 'pc' };
    const proof = (await ask(license, { fingerprint: 'pc' })).proof as string;
    const body = { license_key: license.license_key as string, fingerprint: 'pc' };
    const file = (await app.anonymous().post('/v1/client/check-out', body)).body.license_file as string;
    await expect(verifyLicenseFile(file, trust)).resolves.toBeDefined();
    await expect(verifyLicenseFile(proof, trust)).rejects.toMatchObject({ code: 'MALFORMED' });
    await expect(verifySignedValidation(file, trust)).rejects.toMatchObject({ code: 'MALFORMED' });
    const asFile = proof.replaceAll('VALIDATION', 'LICENSE FILE');
    const asProof = file.replaceAll('LICENSE FILE', 'VALIDATION');
    await expect(verifyLicenseFile(asFile, trust)).rejects.toMatchObject({ code: 'WRONG_TYPE' });
    await expect(verifySignedValidation(asProof, trust)).rejects.toMatchObject({ code: 'WRONG_TYPE' });
  });

  it('writes nothing on its way', async () => {
    const license = await issue();
    await activate(license, 'pc');
    await eventually(async () => {
      expect(await app.database.query('SELECT 1 FROM outbox')).toEqual([]);
    });
    const statements = await statementsOf(() => ask(license, { fingerprint: 'pc' }));
    expect(statements.some((text) => text.includes('signing_keys'))).toBe(true);
    expect(statements.filter((text) => /\b(INSERT|UPDATE|DELETE)\b/.test(text))).toEqual([]);
  });

  it('is not given for a key that is malformed, nobody’s or another tenant’s, alike and after the same work', async () => {
    const other = await app.tenant();
    await activeKeysOf(other);
    const theirs = await issue({}, other);
    const made = await tenant.create('/v1/api-keys', { name: 'in our program', role: 'client' });
    const publishable = app.bearer(tenant.tenantId, made.api_key as string);
    const answers: unknown[] = [];
    for (const license_key of ['', 'no key', 'x'.repeat(1_000), NOBODYS, theirs.license_key as string]) {
      const send = () => publishable.post('/v1/client/validate', { license_key, signed: true, fingerprint: 'pc' });
      await send();
      let answer: Wire;
      const statements = await statementsOf(async () => {
        answer = (await send()).body;
      });
      answers.push({ statements, ...answer! });
    }
    const [first] = answers as Wire[];
    expect(first).toMatchObject({ valid: false, code: 'NOT_FOUND', license: null, proof: null });
    expect(first!.statements).toHaveLength(1);
    for (const answer of answers) expect(answer).toEqual(first);
  });

  it('of a vendor who is suspended is signed as well', async () => {
    const other = await app.tenant();
    await activeKeysOf(other);
    const license = await issue({ max_activations: null }, other);
    await app.database.query(`UPDATE tenants SET status = 'SUSPENDED' WHERE id = $1`, [other.tenantId]);
    // Facts of a tenant are cached for three seconds.
    await eventually(async () => {
      expect(read(await ask(license))).toMatchObject({ valid: false, code: 'TENANT_SUSPENDED' });
    });
  });

  it.each([
    ['has none', 0],
    ['has none but one that stands by', 1],
  ])('is not given by a vendor who %s, and asking for it makes or activates none', async (_, made) => {
    const other = await app.tenant();
    for (let key = 0; key < made; key++) await other.create('/v1/signing-keys', {});
    const license = await issue({ max_activations: null }, other);
    await eventually(async () => {
      expect(await app.database.query('SELECT 1 FROM outbox')).toEqual([]);
    });
    const statements = await statementsOf(async () => {
      expect(await ask(license)).toMatchObject({ valid: true, code: 'VALID', proof: null });
    });
    expect(statements.filter((text) => /\b(INSERT|UPDATE|DELETE)\b/.test(text))).toEqual([]);
    const seat = await activateSigned(license, { fingerprint: 'pc' });
    expect(seat).toMatchObject({ status: 200, body: { status: 'ACTIVE', proof: null } });
    const { data } = (await other.get('/v1/signing-keys')).body;
    expect((data as Wire[]).map(({ state }) => state as string)).toEqual(Array(made).fill('CREATED'));
  });

  it('is signed by the key that signs now, while those before it stay good', async () => {
    const other = await app.tenant();
    await activeKeysOf(other);
    const license = await issue({ max_activations: null }, other);
    const before = await ask(license);
    const both = await activeKeysOf(other);
    const signers = [read(before).kid, read(await ask(license)).kid];
    expect(new Set(signers)).toEqual(new Set((both as (PublicKey & { kid: string })[]).map(({ kid }) => kid)));
    expect(signers[0]).not.toBe(signers[1]);
    const use = { tenantId: other.tenantId, keys: both, now: now.getTime() };
    await expect(verifySignedValidation(before.proof as string, use)).resolves.toBeDefined();
  });
});
