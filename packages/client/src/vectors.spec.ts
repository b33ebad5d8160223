import { execFileSync } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyAsync } from '@noble/ed25519';
import { describe, expect, it } from '@jest/globals';
import { LicenseError, verifyAnswer, verifyLicenseFile, verifyRevocationList, type Use } from './index.js';

interface Check {
  readonly tenant_id: string;
  readonly now: string;
  readonly fingerprint?: string;
  readonly product_id?: string;
}
type Type = 'license' | 'revocations' | 'validation';
interface Vectors {
  readonly key: { readonly public_key: { readonly kty: string; readonly crv: string; readonly x: string } };
  readonly accepted: readonly {
    readonly name: string;
    readonly type: Type;
    readonly content: Record<string, unknown>;
    readonly signed_text: string;
    readonly signature_hex: string;
    readonly text: string;
    readonly check: Check;
  }[];
  readonly rejected: readonly {
    readonly name: string;
    readonly code: string;
    /** A license file, if not given. */
    readonly type?: Type;
    readonly text: string;
    readonly check: Check;
  }[];
}

const vectors = JSON.parse(readFileSync('docs/license-file.vectors.json', 'utf8')) as Vectors;
const { public_key } = vectors.key;
const accepted = vectors.accepted.map((vector) => [vector.name, vector] as const);

const optionsOf = ({ tenant_id, now, fingerprint, product_id }: Check) => ({
  tenantId: tenant_id,
  keys: [public_key],
  now: Date.parse(now),
  fingerprint,
  productId: product_id,
});

const verify = async (type: Type, text: string, use: Use) => {
  if (type === 'license') return verifyLicenseFile(text, use);
  return type === 'validation' ? verifyAnswer(text, use) : (await verifyRevocationList(text, use)).document;
};

describe('the test vectors', () => {
  it.each(accepted)('accept %s', async (_, { type, text, check, content }) => {
    expect(await verify(type, text, optionsOf(check))).toMatchObject(content);
  });

  it.each(vectors.rejected.map((vector) => [vector.name, vector] as const))(
    'reject what is %s',
    async (_, { type = 'license', text, check, code }) => {
      const refusal = await verify(type, text, optionsOf(check)).catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(LicenseError);
      expect((refusal as LicenseError).code).toBe(code);
    },
  );

  it('are enough to mean something', () => {
    expect(new Set(vectors.accepted.map(({ type }) => type)).size).toBe(3);
    expect(new Set(vectors.rejected.map(({ code }) => code)).size).toBeGreaterThanOrEqual(11);
  });

  it.each(accepted)('verify with an implementation that is not ours nor the platform’s: %s', async (_, vector) => {
    const key = Buffer.from(public_key.x, 'base64url');
    const signature = Buffer.from(vector.signature_hex, 'hex');
    const content = Buffer.from(vector.signed_text, 'utf8');
    expect(await verifyAsync(signature, content, key)).toBe(true);
    expect(await verifyAsync(signature, content.subarray(1), key)).toBe(false);
    const bytes = Buffer.from(vector.text.replace(/-----.*-----/g, ''), 'base64');
    expect(bytes).toEqual(Buffer.concat([signature, content]));
  });

  it('verify with the commands that the documentation gives', () => {
    const folder = mkdtempSync(join(tmpdir(), 'imprimatur-vectors-'));
    const pem = createPublicKey({ key: { ...public_key }, format: 'jwk' }).export({ format: 'pem', type: 'spki' });
    writeFileSync(join(folder, 'key.pem'), pem);
    const page = readFileSync('docs/license-file.md', 'utf8');
    const [, commands = ''] = /```sh\n(grep -v[^]*?)```/.exec(page) ?? [];
    expect(commands).toContain('openssl pkeyutl -verify');
    const run = () => execFileSync('bash', ['-euc', commands], { cwd: folder, encoding: 'utf8', stdio: 'pipe' });
    for (const { text } of vectors.accepted) {
      writeFileSync(join(folder, 'license.txt'), text);
      expect(run()).toContain('Signature Verified Successfully');
    }
    writeFileSync(join(folder, 'license.txt'), vectors.rejected[0]?.text ?? '');
    expect(run).toThrow();
    rmSync(folder, { recursive: true });
  });
});
