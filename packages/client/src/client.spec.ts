import { generateKeyPairSync, sign } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { canonicalize, type Json } from './canonical.js';
import { LicenseClient, memoryStore, type ClientOptions, type LicenseError, type Store } from './index.js';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const { x = '' } = publicKey.export({ format: 'jwk' });
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const START = Date.parse('2026-11-25T12:00:00.000Z');

/** Responses of the fake server by route: a body, [status, problem], or 'silence'. */
type Answers = Record<string, (body: Record<string, Json>) => Json | Promise<Json>>;

let now: number;
let answers: Answers;
let asked: string[];
let store: Store;

async function signed(label: string, content: Record<string, Json>, days = 10, key = privateKey): Promise<string> {
  const members = new TextEncoder().encode(JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x }));
  const kid = Buffer.from(await crypto.subtle.digest('SHA-256', members)).toString('base64url');
  const time = (ms: number) => new Date(ms).toISOString();
  const dates = {
    issued_at: time(now),
    expires_at: time(now + days * DAY_MS),
    refresh_at: time(now + (days * DAY_MS) / 2),
  };
  const bytes = Buffer.from(canonicalize({ alg: 'Ed25519', format: 1, kid, tenant_id: 't', ...dates, ...content }));
  const body = Buffer.concat([sign(null, bytes, key), bytes]).toString('base64');
  return `-----BEGIN IMPRIMATUR ${label}-----\n${body}\n-----END IMPRIMATUR ${label}-----\n`;
}

const license = { license_id: 'l-1', product_id: 'p', features: [] };
const fileFor = async ({ fingerprint = 'd', nonce = null }: Record<string, Json>): Promise<Json> => ({
  license_file: await signed('LICENSE FILE', { type: 'license', license, device: { fingerprint }, lease: null, nonce }),
});

const VALID = {
  valid: true,
  code: 'VALID',
  detail: '',
  next: { action: 'none' },
  reasons: [] as Json[],
  entitlements: [] as Json[],
};
const RENEW = { action: 'renew' };
const no = (code: string) => ({
  ...VALID,
  valid: false,
  code,
  next: RENEW,
  reasons: [{ code, detail: '', next: RENEW }],
});

/** Responds like the server, signed if requested; `change` overrides members of the document. */
const answerTo = async (
  { license_key, tenant_id, nonce = null, fingerprint = null, signed: wanted, ...question }: Record<string, Json>,
  answer: Record<string, Json> = VALID,
  change: Record<string, Json> = {},
  key = privateKey,
): Promise<Json> => {
  expect({ license_key, tenant_id }).toEqual({ license_key: 'A1B2', tenant_id: 't' });
  if (wanted !== true) return answer;
  const { valid, code, reasons, entitlements } = answer as Record<string, Json> & typeof VALID;
  const about = { type: 'validation', license_id: 'l-1', product_id: 'p', device: { fingerprint }, activation: null };
  const said = { valid, code, reasons, entitlements, question, nonce };
  const proof = await signed('VALIDATION', { ...about, ...said, ...change }, 3, key);
  return { ...answer, proof };
};

const SEAT = {
  activation_id: 'a',
  license_id: 'l-1',
  fingerprint: 'd',
  status: 'ACTIVE',
  last_seen_at: new Date(START).toISOString(),
  lease_expires_at: null,
  warnings: [] as Json[],
};
const ROTATED = [{ code: 'KEY_ROTATED', detail: '', next: { action: 'contact_vendor' } }];

/** Responds to `activate` and `replace` like the server; `validation` is the one of the proof, `change` overrides members of it. */
const seatTo = async (
  { license_key, tenant_id, nonce, fingerprint, signed: wanted, product_id, domain }: Record<string, Json>,
  seat: Record<string, Json> = SEAT,
  change: Record<string, Json> = {},
  key = privateKey,
): Promise<Json> => {
  const facts = { ...(product_id !== undefined && { product_id }), ...(domain !== undefined && { domain }) };
  const request = { license_key, tenant_id, nonce, fingerprint, signed: wanted, ...facts } as Record<string, Json>;
  const { activation_id, status, lease_expires_at } = SEAT;
  const activation = { activation_id, status, lease_expires_at };
  const { proof } = (await answerTo(request, VALID, { activation, ...change }, key)) as { proof: Json };
  return { ...seat, proof };
};

const fakeFetch = (async (url: string, init?: { body?: string }) => {
  const route = url.replace('https://licenses.example.com/v1/client/', '');
  asked.push(route);
  const body = JSON.parse(init?.body ?? '{}') as Record<string, Json>;
  const answer = (await answers[route]?.(body)) ?? 'silence';
  if (answer === 'silence') throw new TypeError('fetch failed');
  const [status, content] = Array.isArray(answer) ? (answer as [number, Json]) : [200, answer];
  return new Response(JSON.stringify(content), { status });
}) as unknown as typeof fetch;

const client = (options: Partial<ClientOptions> = {}) =>
  new LicenseClient({
    baseUrl: 'https://licenses.example.com/',
    licenseKey: 'A1B2',
    tenantId: 't',
    keys: [{ x }],
    fingerprint: 'd',
    store,
    fetch: fakeFetch,
    clock: () => now,
    ...options,
  } as ClientOptions);
const unsignedClient = () => client({ keys: undefined, unsigned: true });

beforeEach(() => {
  [now, asked, store] = [START, [], memoryStore()];
  answers = { validate: (body) => answerTo(body), 'check-out': fileFor };
});

describe('a program that reaches the server', () => {
  it('is told what the server says, whatever that is', async () => {
    expect(await client().check()).toMatchObject({ valid: true, code: 'VALID', source: 'server' });
    answers.validate = (body) => answerTo(body, no('SUSPENDED'));
    const refused = { valid: false, code: 'SUSPENDED', source: 'server', next: RENEW };
    expect(await client().check()).toMatchObject(refused);
    for (const code of ['NOT_FOUND', 'KEY_REPLACED']) {
      answers.validate = () => ({ ...no(code), proof: null });
      expect(await client().check()).toMatchObject({ ...refused, code });
    }
    answers.validate = () => [400, { code: 'VALIDATION_FAILED', detail: 'No.' }];
    await expect(client().check()).rejects.toMatchObject({ code: 'REFUSED', problem: { code: 'VALIDATION_FAILED' } });
  });

  it('sends its key in the body, and never in the URL', async () => {
    let body: Json = null;
    answers.validate = (given) => {
      body = given;
      return answerTo(given);
    };
    await client().validate({ features: ['f'] });
    const wanted = { nonce: expect.any(String), signed: true };
    expect(body).toEqual({ license_key: 'A1B2', tenant_id: 't', fingerprint: 'd', features: ['f'], ...wanted });
    expect(asked).toEqual(['validate']);
  });

  it('keeps a file for later, and renews it when half of its time has passed', async () => {
    const program = client({ offlineSeconds: 10 * 86_400 });
    await program.check();
    await program.check();
    expect(asked).toEqual(['validate', 'check-out', 'validate']);
    now += 5 * DAY_MS;
    await program.check();
    expect(asked.slice(3)).toEqual(['validate', 'check-out']);
  });

  it('is not turned away when no file can be had', async () => {
    answers['check-out'] = () => [409, { code: 'ACTIVATION_LIMIT_REACHED' }];
    expect(await client({ offlineSeconds: 600 }).check()).toMatchObject({ valid: true, source: 'server' });
  });

  it('takes no file that was made for another request', async () => {
    answers['check-out'] = (body) => fileFor({ ...body, nonce: 'an earlier one' });
    await expect(client().checkOut(600)).rejects.toMatchObject({ code: 'REPLAYED' });
    await expect(client().verifyStoredFile()).rejects.toMatchObject({ code: 'NO_LICENSE_FILE' });
  });
});

describe('an activation', () => {
  const silence = () => {
    answers.validate = () => 'silence';
  };
  const kept = async () => (await store.getItem('imprimatur.answer')) ?? '';
  const replacement = { replacement_token: 'r', devices: [] };

  it.each([
    ['activate', {}, (program: LicenseClient) => program.activate({ name: 'desk' })],
    [
      'replace',
      { activation_id: 'b', replacement_token: 'r' },
      (program: LicenseClient) => program.replace('b', replacement, { name: 'desk' }),
    ],
  ])('by %s has a proof, by which the program runs without the server', async (route, more, take) => {
    let body: Json = null;
    answers[route] = (given) => {
      body = given;
      return seatTo(given, { ...SEAT, warnings: ROTATED }, { warnings: ROTATED });
    };
    const program = client({ productId: 'p' });
    expect(await take(program)).toMatchObject({ status: 'ACTIVE', warnings: ROTATED });
    program.stop();
    const device = { fingerprint: 'd', name: 'desk', product_id: 'p', ...more };
    const wanted = { nonce: expect.any(String), signed: true };
    expect(body).toEqual({ license_key: 'A1B2', tenant_id: 't', ...device, ...wanted });
    silence();
    expect(await client({ productId: 'p' }).check()).toMatchObject({ valid: true, source: 'cache' });
  });

  it('of an unsigned program has none, and keeps nothing', async () => {
    answers.activate = (body) => {
      expect(body).toEqual({ license_key: 'A1B2', tenant_id: 't', fingerprint: 'd' });
      return SEAT;
    };
    const program = unsignedClient();
    expect(await program.activate()).toMatchObject({ status: 'ACTIVE' });
    program.stop();
    expect(await kept()).toBe('');
  });

  const ended = { activation_id: 'a', status: 'DEACTIVATED', lease_expires_at: null };
  const stranger = generateKeyPairSync('ed25519').privateKey;
  const forgeries: [string, string, Answers[string]][] = [
    ['is not signed', 'UNSIGNED', () => SEAT],
    ['has no proof', 'UNSIGNED', () => ({ ...SEAT, proof: null })],
    ['is signed by somebody else', 'BAD_SIGNATURE', (body) => seatTo(body, SEAT, {}, stranger)],
    ['was made for another nonce', 'REPLAYED', (body) => seatTo({ ...body, nonce: 'an earlier one' })],
    ['was made for another device', 'REPLAYED', (body) => seatTo({ ...body, fingerprint: 'e' })],
    ['was made for another product', 'REPLAYED', (body) => seatTo({ ...body, product_id: 'q' })],
    ['is proven by no seat', 'BAD_SIGNATURE', (body) => seatTo(body, SEAT, { activation: null })],
    ['is proven by a seat that has ended', 'BAD_SIGNATURE', (body) => seatTo(body, SEAT, { activation: ended })],
    ['has ended', 'BAD_SIGNATURE', (body) => seatTo(body, { ...SEAT, status: 'DEACTIVATED' }, { activation: ended })],
    ['is another seat', 'BAD_SIGNATURE', (body) => seatTo(body, { ...SEAT, activation_id: 'b' })],
    ['is one of another license', 'BAD_SIGNATURE', (body) => seatTo(body, { ...SEAT, license_id: 'l-2' })],
    ['warns of what its proof does not', 'BAD_SIGNATURE', (body) => seatTo(body, { ...SEAT, warnings: ROTATED })],
    ['hides the warning of its proof', 'BAD_SIGNATURE', (body) => seatTo(body, SEAT, { warnings: ROTATED })],
  ];

  it.each(forgeries)('because it %s, is refused as %s and not kept', async (_, code, forgery) => {
    answers.activate = forgery;
    await expect(client({ productId: 'p' }).activate()).rejects.toMatchObject({ name: 'LicenseError', code });
    expect(await kept()).toBe('');
  });

  it('takes no stored answer to another request away, and takes the one to the same request away when it is a no', async () => {
    const [denied] = [no('DOMAIN_DENIED')];
    const change = { valid: false, code: denied.code, reasons: denied.reasons };
    answers.activate = (body) => seatTo(body, SEAT, change);
    const program = client();
    await program.check({ domain: 'a.example' });
    const before = await kept();
    await program.activate();
    expect(await kept()).toBe(before);
    await program.activate({ domain: 'a.example' });
    expect(await kept()).toBe('');
    program.stop();
  });

  it('that a heartbeat takes anew has a proof, too', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate'] });
    const lost: LicenseError[] = [];
    answers.activate = (body) => seatTo(body);
    answers.heartbeat = () => [409, { code: 'HEARTBEAT_EXPIRED' }];
    const program = client();
    await program.activate({}, (error) => lost.push(error));
    answers.activate = () => SEAT;
    await jest.advanceTimersByTimeAsync(60 * MINUTE_MS);
    while (lost.length === 0) await new Promise(setImmediate);
    expect(lost.map(({ code }) => code)).toEqual(['UNSIGNED']);
    expect(asked).toEqual(['activate', 'heartbeat', 'activate']);
    jest.useRealTimers();
  });
});

describe('a program that does not reach the server', () => {
  const unreachable: [string, Answers[string]][] = [
    ['nothing answers', () => 'silence'],
    ['the server is not ready', () => [503, { code: 'DATABASE_UNAVAILABLE' }]],
    ['it asks too often', () => [429, { code: 'RATE_LIMITED' }]],
  ];

  it.each(unreachable)('runs by the file that it kept, also after a restart, when %s', async (_, silence) => {
    await client({ offlineSeconds: 600 }).check();
    answers.validate = silence;
    now += 9 * DAY_MS;
    expect(await client().check()).toMatchObject({ valid: true, source: 'file', file: { license } });
    now += DAY_MS;
    expect(await client().check()).toMatchObject({ valid: false, code: 'EXPIRED', source: 'file' });
  });

  it('does not run without a file', async () => {
    answers.validate = () => 'silence';
    expect(await client().check()).toMatchObject({ valid: false, code: 'NO_LICENSE_FILE', next: { action: 'retry' } });
  });

  it.each(['SUSPENDED', 'REVOKED'])('does not run any more by a file after the server said %s', async (code) => {
    await client({ offlineSeconds: 600 }).check();
    answers.validate = (body) => answerTo(body, no(code));
    await client().check();
    answers.validate = () => 'silence';
    expect(await client().check()).toMatchObject({ valid: false, code: 'NO_LICENSE_FILE' });
  });

  it('notices a clock that was turned back, and is healed by the server', async () => {
    const program = client({ offlineSeconds: 600 });
    await program.check();
    answers.validate = () => 'silence';
    now += 2 * DAY_MS;
    await program.check();
    now -= 4 * MINUTE_MS;
    expect(await program.check()).toMatchObject({ valid: true });
    now -= 2 * MINUTE_MS;
    expect(await program.check()).toMatchObject({ valid: false, code: 'CLOCK_TURNED_BACK' });
    answers.validate = (body) => answerTo(body);
    expect(await program.check()).toMatchObject({ valid: true, source: 'server' });
    answers.validate = () => 'silence';
    expect(await program.check()).toMatchObject({ valid: true, source: 'cache' });
    now += 4 * DAY_MS;
    expect(await program.check()).toMatchObject({ valid: true, source: 'file' });
  });

  it('cannot gain time by turning the clock back after the file ended', async () => {
    const program = client({ offlineSeconds: 600 });
    await program.check();
    answers.validate = () => 'silence';
    now += 11 * DAY_MS;
    expect(await program.check()).toMatchObject({ code: 'EXPIRED' });
    now -= 2 * DAY_MS;
    expect(await program.check()).toMatchObject({ code: 'CLOCK_TURNED_BACK' });
  });

  it('keeps a file that came by mail, if it is for this device', async () => {
    const { license_file } = (await fileFor({})) as { license_file: string };
    expect((await client().importFile(license_file)).license.license_id).toBe('l-1');
    expect((await client().verifyStoredFile()).license.license_id).toBe('l-1');
    const other = (await fileFor({ fingerprint: 'e' })) as { license_file: string };
    await expect(client().importFile(other.license_file)).rejects.toMatchObject({ code: 'WRONG_DEVICE' });
  });
});

describe('the last good answer', () => {
  const silence = () => {
    answers.validate = () => 'silence';
  };
  const entitlement = (feature_id: string, more: Record<string, Json> = {}): Json => ({
    feature_id,
    enabled: true,
    expires_at: null,
    remaining: null,
    resets_at: null,
    ...more,
  });
  const kept = async () => (await store.getItem('imprimatur.answer')) ?? '';

  it.each([
    ['nothing answers', () => 'silence'],
    ['the server is not ready', () => [503, { code: 'DATABASE_UNAVAILABLE' }]],
    ['it asks too often', () => [429, { code: 'RATE_LIMITED' }]],
  ] as [string, Answers[string]][])(
    'is gone by when %s: fresh, then in grace and marked as such, then no more, also after a restart',
    async (_, answer) => {
      await client().check();
      answers.validate = answer;
      now += 1.5 * DAY_MS - 1;
      expect(await client().check()).toMatchObject({ valid: true, code: 'VALID', source: 'cache', grace: false });
      now += 1;
      expect(await client().check()).toMatchObject({ valid: true, code: 'VALID', source: 'cache', grace: true });
      now += 1.5 * DAY_MS;
      expect(await client().check()).toMatchObject({ valid: false, code: 'EXPIRED', source: 'cache' });
    },
  );

  it('is asked for with a nonce that is never the same', async () => {
    const nonces: Json[] = [];
    answers.validate = (body) => {
      nonces.push(body.nonce ?? null);
      return answerTo(body);
    };
    for (let times = 0; times < 3; times++) await client().check();
    expect(new Set(nonces).size).toBe(3);
    expect(nonces.every((nonce) => typeof nonce === 'string' && !nonce.includes('A1B2'))).toBe(true);
  });

  it('is not gone by where the server refused to answer', async () => {
    await client().check();
    answers.validate = () => [403, { code: 'PERMISSION_DENIED' }];
    await expect(client().check()).rejects.toMatchObject({ code: 'REFUSED' });
  });

  it.each(['SUSPENDED', 'EXPIRED', 'NOT_ACTIVATED', 'TIME_DENIED', 'TENANT_SUSPENDED'])(
    'is forgotten when the server says %s',
    async (code) => {
      await client().check();
      answers.validate = (body) => answerTo(body, no(code));
      expect(await client().check()).toMatchObject({ valid: false, code, source: 'server' });
      silence();
      expect(await client().check()).toMatchObject({ valid: false, code: 'NO_LICENSE_FILE' });
    },
  );

  it.each([
    ['NOT_FOUND without a proof', () => ({ ...no('NOT_FOUND'), proof: null })],
    ['SUSPENDED without a proof', () => ({ ...no('SUSPENDED'), proof: null })],
    ['that the license is gone', () => [404, { code: 'LICENSE_NOT_FOUND' }]],
    ['that access is denied', () => [403, { code: 'PERMISSION_DENIED' }]],
  ] as [string, Answers[string]][])('stays, as the file does, when somebody says %s', async (_, answer) => {
    await client({ offlineSeconds: 10 * 86_400 }).check();
    answers.validate = answer;
    const verdict = await client()
      .check()
      .catch(() => ({ valid: false }));
    expect(verdict.valid).toBe(false);
    silence();
    expect(await client().check()).toMatchObject({ valid: true, source: 'cache' });
    now += 3 * DAY_MS;
    expect(await client().check()).toMatchObject({ valid: true, source: 'file' });
  });

  it('stays, as the file does, when an unsigned program is told SUSPENDED', async () => {
    await client({ offlineSeconds: 600 }).check();
    answers.validate = () => no('SUSPENDED');
    expect(await unsignedClient().check()).toMatchObject({ valid: false, code: 'SUSPENDED', source: 'server' });
    expect((await client().verifyStoredFile()).license.license_id).toBe('l-1');
  });

  it('is forgotten when the seat is given back', async () => {
    await client().check();
    answers.deactivate = () => ({ status: 'DEACTIVATED' });
    await client().deactivate();
    silence();
    expect(await client().check()).toMatchObject({ valid: false, code: 'NO_LICENSE_FILE' });
  });

  it('does not come back with an answer that was under way when the seat was given back, or a later one said no', async () => {
    const program = client();
    const yes = async (body: Record<string, Json>) => answerTo(body);
    answers.deactivate = () => ({ status: 'DEACTIVATED' });
    const later = [() => program.deactivate(), () => program.check()];
    for (const ending of later) {
      let release: () => void = () => undefined;
      const held = new Promise<void>((resolve) => (release = resolve));
      answers.validate = (body) => held.then(() => yes(body));
      const slow = program.check();
      while (asked.length === 0) await new Promise(setImmediate);
      answers.validate = (body) => answerTo(body, no('REVOKED'));
      await ending();
      release();
      expect(await slow).toMatchObject({ valid: true, source: 'server' });
      expect(await kept()).toBe('');
      asked = [];
    }
  });

  it('takes no license file, and so no seat, after the seat was given back while it was on its way', async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    answers.validate = (body) => held.then(() => answerTo(body));
    answers.deactivate = () => ({ status: 'DEACTIVATED' });
    const program = client({ offlineSeconds: 600 });
    const slow = program.check();
    while (asked.length === 0) await new Promise(setImmediate);
    await program.deactivate();
    release();
    expect(await slow).toMatchObject({ valid: true, source: 'server' });
    expect(asked).toEqual(['validate', 'deactivate']);
    await expect(program.verifyStoredFile()).rejects.toMatchObject({ code: 'NO_LICENSE_FILE' });
  });

  it('gives the seat back after a license file that was asked for before, however late that comes', async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    answers['check-out'] = (body) => held.then(() => fileFor(body));
    answers.deactivate = () => ({ status: 'DEACTIVATED' });
    const program = client({ offlineSeconds: 600 });
    const slow = program.check();
    while (asked.length < 2) await new Promise(setImmediate);
    const deactivated = program.deactivate();
    await new Promise(setImmediate);
    expect(asked).toEqual(['validate', 'check-out']);
    release();
    await Promise.all([slow, deactivated]);
    expect(asked).toEqual(['validate', 'check-out', 'deactivate']);
  });

  it('says of other features, and of the time, what the server would say', async () => {
    const said = {
      ...no('FEATURE_MISSING'),
      entitlements: [
        entitlement('on'),
        entitlement('off', { enabled: false }),
        entitlement('trial', { expires_at: new Date(now + DAY_MS).toISOString() }),
        entitlement('used', { remaining: 0, resets_at: new Date(now + DAY_MS).toISOString() }),
        entitlement('spent', { remaining: 0 }),
      ],
    };
    answers.validate = (body) => answerTo(body, said);
    expect(await client().check({ features: ['none'] })).toMatchObject({ valid: false, code: 'FEATURE_MISSING' });
    silence();
    const codes = async () => {
      const asked = [[], ['on'], ['on', 'off'], ['none'], ['trial'], ['used'], ['spent']];
      const verdicts = await Promise.all(asked.map((features) => client().check({ features })));
      return verdicts.map(({ code }) => code);
    };
    const missing = ['VALID', 'VALID', 'FEATURE_MISSING', 'FEATURE_MISSING'];
    expect(await codes()).toEqual([...missing, 'VALID', 'USAGE_EXCEEDED', 'USAGE_EXCEEDED']);
    now += DAY_MS;
    expect(await codes()).toEqual([...missing, 'FEATURE_EXPIRED', 'VALID', 'USAGE_EXCEEDED']);
  });

  it('is one to the question that was asked, as far as it is not a matter of features', async () => {
    const question = { released_at: '2026-01-01T00:00:00Z', domain: 'a.example', version: '1' };
    const said = { domain: 'a.example', released_at: '2026-01-01T00:00:00.000Z', version: '1' };
    answers.validate = (body) => answerTo(body, VALID, { question: said });
    await client().check(question);
    silence();
    expect(await client().check({ ...question, version: '2' })).toMatchObject({ valid: true, source: 'cache' });
    for (const other of [{ domain: 'b.example' }, { released_at: '2026-02-01T00:00:00Z' }, { mac: 'm' }])
      expect(await client().check({ ...question, ...other })).toMatchObject({ valid: false, code: 'REPLAYED' });
  });

  it('is for the device, the product, the license key and the vendor that it was given for', async () => {
    await client({ productId: 'p' }).check();
    silence();
    expect(await client({ productId: 'p' }).check()).toMatchObject({ valid: true, source: 'cache' });
    const code = async (options: Partial<ClientOptions>) => (await client({ productId: 'p', ...options }).check()).code;
    expect(await code({ fingerprint: 'e' })).toBe('WRONG_DEVICE');
    expect(await code({ productId: 'q' })).toBe('WRONG_PRODUCT');
    expect(await code({ licenseKey: 'B2C3' })).toBe('REPLAYED');
    expect(await code({ tenantId: 'u' })).toBe('WRONG_TENANT');
  });

  it('is not believed after it was changed, nor is anything else that lies in its place', async () => {
    await client({ offlineSeconds: 600 }).check();
    silence();
    const text = await kept();
    const file = (await store.getItem('imprimatur.license-file')) ?? '';
    await store.setItem('imprimatur.license-file', '');
    const code = async (inItsPlace: string) => {
      await store.setItem('imprimatur.answer', inItsPlace);
      return (await client().check()).code;
    };
    const bytes = Buffer.from(text.replace(/-----.*-----/g, ''), 'base64');
    bytes.write('"expires_at":"2036', bytes.indexOf('"expires_at":"2026'));
    const label = 'IMPRIMATUR VALIDATION-----';
    expect(await code(`-----BEGIN ${label}${bytes.toString('base64')}-----END ${label}`)).toBe('BAD_SIGNATURE');
    expect(await code('yes')).toBe('MALFORMED');
    expect(await code(file)).toBe('MALFORMED');
    expect(await code(file.replaceAll('LICENSE FILE', 'VALIDATION'))).toBe('WRONG_TYPE');
    expect(await code(text)).toBe('VALID');
    await store.setItem('imprimatur.license-file', text.replaceAll('VALIDATION', 'LICENSE FILE'));
    await expect(client().verifyStoredFile()).rejects.toMatchObject({ code: 'WRONG_TYPE' });
  });

  it('may be a signed no, which does not become a yes in the store', async () => {
    let proof = '';
    answers.validate = async (body) => {
      const answer = (await answerTo(body, no('SUSPENDED'))) as { proof: string };
      ({ proof } = answer);
      return answer;
    };
    await client().check();
    silence();
    await store.setItem('imprimatur.answer', proof);
    expect(await client().check()).toMatchObject({ valid: false, code: 'REPLAYED', source: 'cache' });
  });

  it('does not outlast a clock that is turned back, and comes back with the time', async () => {
    await client().check();
    silence();
    now += 2 * DAY_MS;
    expect(await client().check()).toMatchObject({ valid: true, source: 'cache', grace: true });
    now -= DAY_MS;
    expect(await client().check()).toMatchObject({ valid: false, next: { action: 'update_clock' } });
    now += DAY_MS;
    expect(await client().check()).toMatchObject({ valid: true, source: 'cache' });
    // The signed time counts, even if the device clock is behind from the start.
    answers.validate = (body) => answerTo(body, VALID, { issued_at: new Date(now + DAY_MS).toISOString() });
    await client().check();
    silence();
    expect(await client().check()).toMatchObject({ valid: false, code: 'CLOCK_TURNED_BACK' });
  });

  it('ends with the revocation list', async () => {
    await client().check();
    silence();
    const id = await crypto.subtle.digest('SHA-256', new TextEncoder().encode('l-1'));
    const licenses = [Buffer.from(id).subarray(0, 8).toString('base64url')];
    await client().importRevocations(await signed('REVOCATION LIST', { type: 'revocations', number: 1, licenses }));
    expect(await client().check()).toMatchObject({ valid: false, code: 'REVOKED', source: 'cache' });
  });

  it('gives way to the license file when it has ended', async () => {
    await client({ offlineSeconds: 10 * 86_400 }).check();
    silence();
    expect(await client().check()).toMatchObject({ valid: true, source: 'cache' });
    now += 3 * DAY_MS;
    expect(await client().check()).toMatchObject({ valid: true, source: 'file' });
    expect(await client().check({ features: ['f'] })).toMatchObject({ valid: false, code: 'FEATURE_MISSING' });
  });
});

describe('an answer that is not the server’s', () => {
  const stranger = generateKeyPairSync('ed25519').privateKey;
  const forgeries: [string, string, Answers[string]][] = [
    ['is not signed', 'UNSIGNED', () => VALID],
    ['has no proof', 'UNSIGNED', () => ({ ...VALID, proof: null })],
    ['says NOT_FOUND and yes', 'UNSIGNED', () => ({ ...VALID, code: 'NOT_FOUND', proof: null })],
    ['is signed by somebody else', 'BAD_SIGNATURE', (body) => answerTo(body, VALID, {}, stranger)],
    ['was made for another nonce', 'REPLAYED', (body) => answerTo({ ...body, nonce: 'an earlier one' })],
    ['was made for another device', 'REPLAYED', (body) => answerTo({ ...body, fingerprint: 'e' })],
    ['was made for no device', 'REPLAYED', (body) => answerTo(body, VALID, { device: null })],
    ['was made for other features', 'REPLAYED', (body) => answerTo({ ...body, features: [] })],
    ['was made for another product', 'REPLAYED', (body) => answerTo({ ...body, product_id: 'q' })],
    ['is of another vendor', 'WRONG_TENANT', (body) => answerTo(body, VALID, { tenant_id: 'u' })],
    ['is a license file', 'WRONG_TYPE', (body) => answerTo(body, VALID, { type: 'license' })],
    [
      'says another thing than its proof',
      'BAD_SIGNATURE',
      async (body) => ({ ...((await answerTo(body, no('REVOKED'))) as object), ...VALID }),
    ],
    [
      'warns of what its proof does not warn of',
      'BAD_SIGNATURE',
      async (body) => ({ ...((await answerTo(body)) as object), warnings: ROTATED }),
    ],
    [
      'tells of features that its proof does not tell of',
      'BAD_SIGNATURE',
      async (body) => ({ ...((await answerTo(body)) as object), entitlements: [{ feature_id: 'pro' }] }),
    ],
  ];

  it.each(forgeries)('because it %s, is refused as %s and changes nothing that is kept', async (_, code, forgery) => {
    const question = { features: ['f'] };
    const program = () => client({ productId: 'p' });
    answers.validate = (body) =>
      answerTo(body, { ...VALID, entitlements: [{ feature_id: 'f', enabled: true, expires_at: null }] });
    await program().check(question);
    const before = await store.getItem('imprimatur.answer');
    answers.validate = forgery;
    await expect(program().check(question)).rejects.toMatchObject({ name: 'LicenseError', code });
    expect(await store.getItem('imprimatur.answer')).toBe(before);
    answers.validate = () => 'silence';
    expect(await program().check(question)).toMatchObject({ valid: true, source: 'cache' });
  });

  it('is believed by a program that asks for that by name, and never kept', async () => {
    answers.validate = (body) => {
      expect(body).not.toHaveProperty('signed');
      return VALID;
    };
    expect(await unsignedClient().check()).toMatchObject({ valid: true, source: 'server' });
    answers.validate = () => 'silence';
    expect(await unsignedClient().check()).toMatchObject({ valid: false, code: 'NO_LICENSE_FILE' });
  });
});

describe('a program that pins no key', () => {
  it.each([
    ['an empty list of keys', { keys: [] }],
    ['no keys', { keys: undefined }],
    ['a key set in the place of its keys', { keys: { keys: [{ x }] } }],
    ['an empty list and `unsigned: false`', { keys: [], unsigned: false }],
    ['keys and `unsigned: true`', { unsigned: true }],
    ['an empty list and `unsigned: true`', { keys: [], unsigned: true }],
    ['`offlineSeconds` and `unsigned: true`', { keys: undefined, unsigned: true, offlineSeconds: 600 }],
  ] as [string, object][])('is refused at construction with %s', (_, options) => {
    expect(() => client(options)).toThrow(expect.objectContaining({ code: 'INVALID_OPTIONS' }));
  });

  it('takes no seat for a license file that it cannot verify', async () => {
    await expect(unsignedClient().checkOut(600)).rejects.toMatchObject({ code: 'UNKNOWN_KEY' });
    expect(asked).toEqual([]);
  });
});

describe('a refusal', () => {
  it('has all members that the server sent, including those that this release does not know', async () => {
    const next = { action: 'deactivate_device', count: 1 };
    answers.validate = () => [403, { code: 'PERMISSION_DENIED', detail: 'No.', next }];
    await expect(client().check()).rejects.toMatchObject({
      message: 'No.',
      problem: { status: 403, code: 'PERMISSION_DENIED', detail: 'No.', next },
    });
  });
});

describe('the revocation list', () => {
  const listOf = async (number: number, ids: string[]) => {
    const digest = async (id: string) =>
      Buffer.from(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(id)))
        .subarray(0, 8)
        .toString('base64url');
    return signed('REVOCATION LIST', { type: 'revocations', number, licenses: await Promise.all(ids.map(digest)) }, 7);
  };

  it('ends a file, also when the list itself is past its next update', async () => {
    const program = client();
    await program.checkOut(600);
    answers['t/revocations'] = async () => ({ revocation_list: await listOf(3, ['l-1']) });
    await program.refreshRevocations();
    await expect(program.verifyStoredFile()).rejects.toMatchObject({ code: 'REVOKED' });
    now += 8 * DAY_MS;
    await expect(client().verifyStoredFile()).rejects.toMatchObject({ code: 'REVOKED' });
  });

  it('can be had after the clock was once ahead', async () => {
    const program = client();
    now += 30 * DAY_MS;
    await program.checkOut(600);
    now -= 30 * DAY_MS;
    await expect(program.verifyStoredFile()).rejects.toMatchObject({ code: 'CLOCK_TURNED_BACK' });
    const list = await listOf(3, ['l-1']);
    answers['t/revocations'] = () => ({ revocation_list: list });
    expect((await program.refreshRevocations()).document.number).toBe(3);
  });

  it.each([
    ['is damaged', () => Promise.resolve('damaged')],
    [
      'no pinned key signed',
      () =>
        signed(
          'REVOCATION LIST',
          { type: 'revocations', number: 9, licenses: [] },
          7,
          generateKeyPairSync('ed25519').privateKey,
        ),
    ],
  ])('that %s locks no file and keeps no later list out', async (_, list) => {
    await client().checkOut(600);
    await store.setItem('imprimatur.revocation-list', await list());
    expect(await client().verifyStoredFile()).toMatchObject({ license });
    expect((await client().importRevocations(await listOf(3, ['l-1']))).document.number).toBe(3);
    await expect(client().verifyStoredFile()).rejects.toMatchObject({ code: 'REVOKED' });
  });

  it('is not replaced by an earlier one', async () => {
    const program = client();
    const earlier = await listOf(2, []);
    await program.importRevocations(await listOf(3, ['l-1']));
    await expect(program.importRevocations(earlier)).rejects.toMatchObject({ code: 'OUTDATED' });
    expect((await program.importRevocations(await listOf(4, []))).document.number).toBe(4);
  });
});

describe('the heartbeat', () => {
  const leased = (): Json => ({ ...SEAT, lease_expires_at: new Date(START + 10 * MINUTE_MS).toISOString() });
  let lost: LicenseError[];
  /** Signatures take time of their own, which fake timers do not wait for. */
  const activated = async (answer: () => Json = leased) => {
    answers.activate = answer;
    const program = unsignedClient();
    await program.activate({ name: 'desk' }, (error) => lost.push(error));
    asked = [];
    return program;
  };

  beforeEach(() => {
    lost = [];
    jest.useFakeTimers();
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  it('comes in time for the lease, again and again, until it is stopped', async () => {
    answers.heartbeat = leased;
    const program = await activated();
    await jest.advanceTimersByTimeAsync(3.9 * MINUTE_MS);
    expect(asked).toEqual([]);
    await jest.advanceTimersByTimeAsync(26.1 * MINUTE_MS);
    expect(asked.length).toBeGreaterThanOrEqual(5);
    program.stop();
    const { length } = asked;
    await jest.advanceTimersByTimeAsync(60 * MINUTE_MS);
    expect([asked.length, lost]).toEqual([length, []]);
  });

  it('comes once an hour where the seat is kept without', async () => {
    const kept = () => ({ ...(leased() as object), lease_expires_at: null });
    answers.heartbeat = kept;
    const program = await activated(kept);
    await jest.advanceTimersByTimeAsync(240 * MINUTE_MS);
    expect(asked.length).toBeGreaterThanOrEqual(4);
    expect(asked.length).toBeLessThanOrEqual(5);
    program.stop();
  });

  it('is tried again soon when the server does not answer, and takes the seat anew when it ended meanwhile', async () => {
    answers.heartbeat = () => 'silence';
    const program = await activated();
    await jest.advanceTimersByTimeAsync(10 * MINUTE_MS);
    expect(asked.length).toBeGreaterThan(15);
    answers.heartbeat = () => [409, { code: 'HEARTBEAT_EXPIRED' }];
    await jest.advanceTimersByTimeAsync(MINUTE_MS);
    expect(asked.slice(-2)).toEqual(['heartbeat', 'activate']);
    expect(lost).toEqual([]);
    program.stop();
  });

  it('says once that the seat is lost, and ends', async () => {
    answers.heartbeat = () => [409, { code: 'LICENSE_STATE', detail: 'Suspended.' }];
    await activated();
    await jest.advanceTimersByTimeAsync(60 * MINUTE_MS);
    expect(asked).toEqual(['heartbeat']);
    expect(lost.map(({ problem }) => problem?.code)).toEqual(['LICENSE_STATE']);
  });

  it('takes no seat again after the device was deactivated', async () => {
    answers.heartbeat = () => [409, { code: 'NOT_ACTIVATED', detail: 'The device was deactivated.' }];
    await activated();
    await jest.advanceTimersByTimeAsync(60 * MINUTE_MS);
    expect(asked).toEqual(['heartbeat']);
    expect(lost.map(({ problem }) => problem?.code)).toEqual(['NOT_ACTIVATED']);
  });

  it('that is refused takes no signed answer away, because the refusal is not signed', async () => {
    answers.heartbeat = () => [409, { code: 'LICENSE_STATE', detail: 'Suspended.' }];
    answers.activate = (body) => seatTo(body, leased() as Record<string, Json>);
    const program = client();
    await program.activate({}, (error) => lost.push(error));
    await program.check();
    await jest.advanceTimersByTimeAsync(60 * MINUTE_MS);
    expect(lost).toHaveLength(1);
    answers.validate = (body) => answerTo(body, no('SUSPENDED'));
    const offline = client({ fetch: () => Promise.reject(new TypeError('fetch failed')) });
    expect(await offline.check()).toMatchObject({ valid: true, source: 'cache' });
    await program.check();
    expect(await offline.check()).toMatchObject({ valid: false, code: 'NO_LICENSE_FILE' });
  });

  it('that was on its way when the seat was given back does not take it again', async () => {
    let release: (answer: Json) => void = () => undefined;
    answers.heartbeat = () => new Promise((resolve) => (release = resolve));
    const program = await activated();
    await jest.advanceTimersByTimeAsync(5 * MINUTE_MS);
    answers.deactivate = () => ({ ...SEAT, status: 'DEACTIVATED' });
    await program.deactivate();
    release([409, { code: 'ACTIVATION_NOT_FOUND' }]);
    await jest.advanceTimersByTimeAsync(60 * MINUTE_MS);
    expect(asked).toEqual(['heartbeat', 'deactivate']);
    expect(lost).toEqual([]);
  });

  it('that takes the seat anew is waited for, so that the seat is given back after it', async () => {
    let release: (answer: Json) => void = () => undefined;
    answers.heartbeat = () => [409, { code: 'HEARTBEAT_EXPIRED' }];
    const program = await activated();
    answers.activate = () => new Promise((resolve) => (release = resolve));
    answers.deactivate = () => ({ ...SEAT, status: 'DEACTIVATED' });
    await jest.advanceTimersByTimeAsync(5 * MINUTE_MS);
    const deactivated = program.deactivate();
    await jest.advanceTimersByTimeAsync(MINUTE_MS);
    expect(asked).toEqual(['heartbeat', 'activate']);
    release(leased());
    expect(await deactivated).toMatchObject({ status: 'DEACTIVATED' });
    await jest.advanceTimersByTimeAsync(60 * MINUTE_MS);
    expect(asked).toEqual(['heartbeat', 'activate', 'deactivate']);
    expect(lost).toEqual([]);
  });

  it('does not begin when the seat was given back, or the program said stop, while the server answered', async () => {
    answers.deactivate = () => ({ ...SEAT, status: 'DEACTIVATED' });
    for (const end of ['deactivate', 'stop'] as const) {
      let release: (answer: Json) => void = () => undefined;
      answers.activate = () => new Promise((resolve) => (release = resolve));
      const program = unsignedClient();
      asked = [];
      const activation = program.activate({}, (error) => lost.push(error));
      await jest.advanceTimersByTimeAsync(0);
      const ended = program[end]();
      await jest.advanceTimersByTimeAsync(0);
      release(leased());
      expect(await activation).toMatchObject({ status: 'ACTIVE' });
      await ended;
      await jest.advanceTimersByTimeAsync(60 * MINUTE_MS);
      expect(asked).toEqual(end === 'stop' ? ['activate'] : ['activate', 'deactivate']);
    }
    expect(lost).toEqual([]);
  });

  it('ends with the seat', async () => {
    const program = await activated();
    answers.deactivate = () => ({ ...SEAT, status: 'DEACTIVATED' });
    await program.deactivate();
    await jest.advanceTimersByTimeAsync(60 * MINUTE_MS);
    expect(asked).toEqual(['deactivate']);
  });
});
