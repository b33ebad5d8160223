import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from '../../../test/support/property.js';
import stableStringify from 'safe-stable-stringify';
import { canonicalize, type Json } from './canonical.js';
import { hasFeature, RevocationList, verifyLicenseFile, verifyRevocationList } from './index.js';
import type { RevocationListDocument } from './revocation-list.js';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const { x = '' } = publicKey.export({ format: 'jwk' });
const NOW = Date.parse('2026-11-25T12:00:00.000Z');
const DAY_MS = 24 * 60 * 60 * 1000;
const at = (days: number) => new Date(NOW + days * DAY_MS).toISOString();
const LICENSE_ID = '019a5f3e-7c4b-7d21-9a53-0e6f1c2b3d4e';

async function kid(): Promise<string> {
  const members = new TextEncoder().encode(JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x }));
  return Buffer.from(await crypto.subtle.digest('SHA-256', members)).toString('base64url');
}

async function signed(label: string, content: Record<string, Json>): Promise<string> {
  const envelope = {
    alg: 'Ed25519',
    format: 1,
    kid: await kid(),
    tenant_id: 't',
    issued_at: at(0),
    expires_at: at(30),
  };
  const bytes = Buffer.from(canonicalize({ ...envelope, ...content }));
  const body = Buffer.concat([sign(null, bytes, privateKey), bytes]).toString('base64');
  return `-----BEGIN IMPRIMATUR ${label}-----\n${body}\n-----END IMPRIMATUR ${label}-----\n`;
}

const feature = { feature_name: 'F', limit_value: null, limit_type: null };
const fileOf = (content: Record<string, Json> = {}) =>
  signed('LICENSE FILE', {
    type: 'license',
    device: null,
    lease: null,
    license: {
      license_id: LICENSE_ID,
      product_id: 'p',
      features: [
        { ...feature, feature_id: 'on', enabled: true, expires_at: null },
        { ...feature, feature_id: 'off', enabled: false, expires_at: null },
        { ...feature, feature_id: 'trial', enabled: true, expires_at: at(7) },
      ],
    },
    ...content,
  });
const trust = { tenantId: 't', keys: [{ x }], now: NOW };

describe('a license file', () => {
  it('is refused when any one of its bits is another', async () => {
    const text = await fileOf();
    const bytes = Buffer.from(text.split('\n')[1] ?? '', 'base64');
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(at) ^ (1 << (at % 8)), at);
      const file = text.replace(/\n.*\n/, `\n${changed.toString('base64')}\n`);
      await expect(verifyLicenseFile(file, trust)).rejects.toMatchObject({ name: 'LicenseError' });
    }
    expect(bytes.length).toBeGreaterThan(400);
    await expect(verifyLicenseFile(text, trust)).resolves.toMatchObject({ tenant_id: 't' });
  });

  it('survives the mail, and no other change of its text', async () => {
    const text = await fileOf();
    const wrapped = text.replace(/(?<=\n.*)(.{60})(?=.*\n)/g, '$1\r\n ').replace(/\n/g, '\r\n');
    await expect(verifyLicenseFile(`\r\n  ${wrapped}\r\n\r\n`, trust)).resolves.toBeDefined();
    for (const broken of ['', text.slice(0, -30), text.slice(1), `> ${text}`, text + text, text.replace('=', '')]) {
      await expect(verifyLicenseFile(broken, trust)).rejects.toMatchObject({ code: 'MALFORMED' });
    }
  });

  it('never throws anything but a LicenseError, whatever text it is', async () => {
    const body = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString('base64'));
    const framed = body.map(
      (text) => `-----BEGIN IMPRIMATUR LICENSE FILE-----${text}-----END IMPRIMATUR LICENSE FILE-----`,
    );
    const nested = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
    const deep = `-----BEGIN IMPRIMATUR LICENSE FILE-----${Buffer.from(`${'s'.repeat(64)}{"a":${nested}}`).toString('base64')}-----END IMPRIMATUR LICENSE FILE-----`;
    await expect(verifyLicenseFile(deep, trust)).rejects.toMatchObject({ code: 'UNKNOWN_FORMAT' });
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), framed), async (text) => {
        await expect(verifyLicenseFile(text, trust)).rejects.toMatchObject({ name: 'LicenseError' });
      }),
    );
  });

  it('is not trusted by a program that pins no key, or the right id with another key', async () => {
    const other = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }).x ?? '';
    const text = await fileOf();
    await expect(verifyLicenseFile(text, { ...trust, keys: [] })).rejects.toMatchObject({ code: 'UNKNOWN_KEY' });
    const swapped = [{ x: other, kid: await kid() }];
    await expect(verifyLicenseFile(text, { ...trust, keys: swapped })).rejects.toMatchObject({ code: 'UNKNOWN_KEY' });
    await expect(verifyLicenseFile(text, { ...trust, keys: [{ x: other }, { x }] })).resolves.toBeDefined();
  });

  it('is valid from 5 minutes before it was made until the moment it expires', async () => {
    const text = await fileOf();
    const when = (now: number) => verifyLicenseFile(text, { ...trust, now });
    await expect(when(NOW - 5 * 60_000)).resolves.toBeDefined();
    await expect(when(NOW - 5 * 60_000 - 1)).rejects.toMatchObject({ code: 'CLOCK_TURNED_BACK' });
    await expect(when(NOW + 30 * DAY_MS - 1)).resolves.toBeDefined();
    await expect(when(NOW + 30 * DAY_MS)).rejects.toMatchObject({ code: 'EXPIRED' });
  });

  it('never is valid by a date that cannot be read', async () => {
    for (const expires_at of ['', 'never', '9'.repeat(30)]) {
      await expect(verifyLicenseFile(await fileOf({ expires_at }), trust)).rejects.toMatchObject({ code: 'EXPIRED' });
    }
  });

  it('is for the device it names, and for any where it names none', async () => {
    const bound = await fileOf({ device: { fingerprint: 'd' } });
    await expect(verifyLicenseFile(bound, { ...trust, fingerprint: 'd' })).resolves.toBeDefined();
    await expect(verifyLicenseFile(bound, { ...trust, fingerprint: 'e' })).rejects.toMatchObject({
      code: 'WRONG_DEVICE',
    });
    await expect(verifyLicenseFile(bound, trust)).rejects.toMatchObject({ code: 'WRONG_DEVICE' });
    await expect(verifyLicenseFile(await fileOf(), { ...trust, fingerprint: 'e' })).resolves.toBeDefined();
  });

  it('has the features that are enabled and have not ended', async () => {
    const file = await verifyLicenseFile(await fileOf(), trust);
    const having = (now: number) => ['on', 'off', 'trial', 'none'].filter((name) => hasFeature(file, name, now));
    expect([having(NOW), having(NOW + 7 * DAY_MS)]).toEqual([['on', 'trial'], ['on']]);
  });

  it('says by a name of its own that the platform cannot verify it', async () => {
    const text = await fileOf();
    const original = Object.getOwnPropertyDescriptor(globalThis, 'crypto');
    Object.defineProperty(globalThis, 'crypto', { value: {}, configurable: true });
    try {
      await expect(verifyLicenseFile(text, trust)).rejects.toMatchObject({ code: 'ED25519_UNSUPPORTED' });
    } finally {
      if (original) Object.defineProperty(globalThis, 'crypto', original);
    }
    expect(globalThis.crypto.subtle).toBeDefined();
  });
});

describe('a revocation list', () => {
  const digest = async (id: string) =>
    Buffer.from(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(id)))
      .subarray(0, 8)
      .toString('base64url');
  const listOf = async (number: number, ids: string[]) =>
    signed('REVOCATION LIST', { type: 'revocations', number, licenses: await Promise.all(ids.map(digest)) });

  it('refuses a file of a license that is in it, and of no other', async () => {
    const file = await fileOf();
    const revocations = await verifyRevocationList(await listOf(1, [LICENSE_ID]), trust);
    await expect(verifyLicenseFile(file, { ...trust, revocations })).rejects.toMatchObject({ code: 'REVOKED' });
    const others = await verifyRevocationList(await listOf(2, ['x', 'y']), trust);
    await expect(verifyLicenseFile(file, { ...trust, revocations: others })).resolves.toBeDefined();
  });

  it('is not taken in the place of a newer one, nor past its next update', async () => {
    const text = await listOf(4, []);
    await expect(verifyRevocationList(text, { ...trust, notBefore: 4 })).resolves.toBeInstanceOf(RevocationList);
    await expect(verifyRevocationList(text, { ...trust, notBefore: 5 })).rejects.toMatchObject({ code: 'OUTDATED' });
    const late = { ...trust, now: NOW + 31 * DAY_MS };
    await expect(verifyRevocationList(text, late)).rejects.toMatchObject({ code: 'OUTDATED' });
  });

  it('cannot stand in for a license file, nor the other way round', async () => {
    const list = (await listOf(1, [])).replaceAll('REVOCATION LIST', 'LICENSE FILE');
    await expect(verifyLicenseFile(list, trust)).rejects.toMatchObject({ code: 'WRONG_TYPE' });
    const file = (await fileOf()).replaceAll('LICENSE FILE', 'REVOCATION LIST');
    await expect(verifyRevocationList(file, trust)).rejects.toMatchObject({ code: 'WRONG_TYPE' });
  });

  it('is asked by the whole id', async () => {
    const document = { licenses: [await digest(LICENSE_ID)] } as unknown as RevocationListDocument;
    expect(await new RevocationList(document).has(LICENSE_ID)).toBe(true);
    expect(await new RevocationList(document).has(LICENSE_ID.toUpperCase())).toBe(false);
  });
});

it('spells JSON as the server does', () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
      expect(canonicalize(value as Json)).toBe(stableStringify(value));
    }),
  );
  const parsed = JSON.parse('{"b":1,"a":{"__proto__":2,"A":[1.5,1e21,-0]},"é":"\\u0007","𝄞":1,"\\uffff":2}') as Json;
  expect(canonicalize(parsed)).toBe(stableStringify(parsed));
});
