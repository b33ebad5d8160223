import { execFileSync, spawnSync } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyAsync } from '@noble/ed25519';
import { describe, expect, it } from '@jest/globals';
import {
  LicenseError,
  verifySignedValidation,
  verifyLicenseFile,
  verifyRevocationList,
  type VerificationContext,
} from './index.js';

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
    /** Default: a license file. */
    readonly type?: Type;
    readonly text: string;
    readonly check: Check;
  }[];
}

const vectors = JSON.parse(readFileSync('docs/license-file.vectors.json', 'utf8')) as Vectors;
const { public_key } = vectors.key;
const page = readFileSync('docs/license-file.md', 'utf8');

function blocksOf(language: string): string[] {
  return [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'gm'))].map(
    ([, content = '']) => content,
  );
}

const accepted = vectors.accepted.map((vector) => [vector.name, vector] as const);

const optionsOf = ({ tenant_id, now, fingerprint, product_id }: Check) => ({
  tenantId: tenant_id,
  keys: [public_key],
  now: Date.parse(now),
  fingerprint,
  productId: product_id,
});

const verify = async (type: Type, text: string, use: VerificationContext) => {
  if (type === 'license') return verifyLicenseFile(text, use);
  return type === 'validation' ? verifySignedValidation(text, use) : (await verifyRevocationList(text, use)).document;
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

  it('verify with the commands that the documentation gives, from the JWK on', () => {
    const folder = mkdtempSync(join(tmpdir(), 'imprimatur-vectors-'));
    const run = (commands: string) =>
      execFileSync('bash', ['-euo', 'pipefail', '-c', commands], { cwd: folder, encoding: 'utf8', stdio: 'pipe' });
    const [toPem = '', verification = ''] = blocksOf('sh');
    expect(toPem).toContain(`x=${public_key.x}`);
    run(toPem);
    const pem = createPublicKey({ key: { ...public_key }, format: 'jwk' }).export({ format: 'pem', type: 'spki' });
    expect(readFileSync(join(folder, 'key.pem'), 'utf8')).toBe(pem);
    expect(verification).toContain('openssl pkeyutl -verify');
    for (const { text } of vectors.accepted) {
      writeFileSync(join(folder, 'license.txt'), text);
      expect(run(verification)).toContain('Signature Verified Successfully');
    }
    writeFileSync(join(folder, 'license.txt'), vectors.rejected[0]?.text ?? '');
    expect(() => run(verification)).toThrow();
    rmSync(folder, { recursive: true });
  });

  it('have refusal codes and members that the documentation describes', () => {
    for (const { code } of vectors.rejected) expect(page).toContain(`\`${code}\``);
    const section = page.split('\n## Test vectors\n')[1]?.split('\n## ')[0] ?? '';
    const documented = [...section.matchAll(/^\| (`.*?) +\|/gm)].flatMap(([, cell = '']) => cell.split(', '));
    const documents = [...vectors.accepted, ...vectors.rejected];
    const members = [vectors, ...documents].flatMap((value) => Object.keys(value)).filter((name) => name !== 'note');
    expect(new Set(documented)).toEqual(new Set(members.map((name) => `\`${name}\``)));
  });

  const missing = missingPython();
  (missing === undefined ? it : it.skip)(
    `verify with the verifier in Python that the documentation gives${missing === undefined ? '' : ` (skipped: ${missing})`}`,
    () => {
      const folder = mkdtempSync(join(tmpdir(), 'imprimatur-verifier-'));
      const [verifier = ''] = blocksOf('python');
      expect(verifier.split('\n').filter((line) => line !== '').length).toBeLessThanOrEqual(42);
      writeFileSync(join(folder, 'verifier.py'), verifier);
      const stdout = execFileSync('python3', ['-B', '-c', PYTHON], {
        cwd: folder,
        encoding: 'utf8',
        input: JSON.stringify(vectors),
      });
      const { accepted: found, rejected: codes } = JSON.parse(stdout) as { accepted: unknown[]; rejected: string[] };
      expect(found).toMatchObject(vectors.accepted.map(({ content }) => content));
      expect(codes).toEqual(vectors.rejected.map(({ code }) => code));
      rmSync(folder, { recursive: true });
    },
  );
});

/** Verifies the vectors on standard input, and prints the accepted documents and the codes of the rejected ones. */
const PYTHON = `
import json, sys
from datetime import datetime
from verifier import Refused, verify

vectors = json.load(sys.stdin)
def result(vector):
    check = dict(vector["check"])
    check["now"] = datetime.fromisoformat(check["now"].replace("Z", "+00:00"))
    try: return verify(vector["text"], vector.get("type", "license"), [vectors["key"]["public_key"]], **check)
    except Refused as refused: return str(refused)
print(json.dumps({part: [result(vector) for vector in vectors[part]] for part in ("accepted", "rejected")}))
`;

/** Returns why the Python verifier cannot run; undefined if it can. */
function missingPython(): string | undefined {
  const { error, status } = spawnSync('python3', ['-c', 'import cryptography']);
  if (error) return 'python3 is not installed';
  return status === 0 ? undefined : 'python3 has no package cryptography';
}
