import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { privateKeyOf, publicKeyOf } from './ed25519.js';
import { MAX_VALIDITY_MS, signDocument, signedBytes, type DocumentType } from './signed-document.js';
import type { JsonObject } from '../shared/json.js';

interface Vectors {
  readonly key: { readonly seed_hex: string; readonly kid: string };
  readonly issued_at: string;
  readonly expires_at: string;
  readonly tenant_id: string;
  readonly accepted: readonly {
    name: string;
    type: DocumentType;
    content: JsonObject;
    signed_text: string;
    text: string;
  }[];
}

const vectors = JSON.parse(readFileSync('docs/license-file.vectors.json', 'utf8')) as Vectors;
const { kid, seed_hex } = vectors.key;
const common = {
  tenantId: vectors.tenant_id,
  issuedAt: new Date(vectors.issued_at),
  expiresAt: new Date(vectors.expires_at),
};

describe('a signed document', () => {
  it.each(vectors.accepted.map((vector) => [vector.name, vector] as const))('is, byte for byte, %s', (_, vector) => {
    const document = { ...common, type: vector.type, content: vector.content };
    expect(signedBytes(document, kid).toString('utf8')).toBe(vector.signed_text);
    const seed = Buffer.from(seed_hex, 'hex');
    const privateKey = privateKeyOf({ seed, publicKey: publicKeyOf(seed) });
    expect(signDocument(document, { kid, privateKey })).toBe(vector.text);
  });

  it('says itself who signed it, for whom and until when, whatever its content says', () => {
    const content = { alg: 'none', kid: 'x', tenant_id: 'other', expires_at: '2999-01-01T00:00:00.000Z', format: 0 };
    const document = JSON.parse(signedBytes({ ...common, type: 'license', content }, kid).toString('utf8')) as unknown;
    expect(document).toEqual({
      alg: 'Ed25519',
      expires_at: vectors.expires_at,
      format: 1,
      issued_at: vectors.issued_at,
      kid,
      tenant_id: vectors.tenant_id,
      type: 'license',
    });
  });

  it('is not valid for longer than its key is published', () => {
    const expiresAt = new Date(common.issuedAt.getTime() + MAX_VALIDITY_MS + 1);
    expect(() => signedBytes({ ...common, expiresAt, type: 'license', content: {} }, kid)).toThrow(RangeError);
  });
});
