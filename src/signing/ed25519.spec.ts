import { describe, expect, it } from '@jest/globals';
import { privateKeyOf, publicKeyOf, signatureOf, thumbprintOf } from './ed25519.js';

/** RFC 8032, section 7.1, test 3. */
const SEED = Buffer.from('c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7', 'hex');
const PUBLIC = 'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025';
const SIGNATURE =
  '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a';

describe('Ed25519', () => {
  it('signs as RFC 8032 says', () => {
    expect(publicKeyOf(SEED).toString('hex')).toBe(PUBLIC);
    const privateKey = privateKeyOf({ seed: SEED, publicKey: Buffer.from(PUBLIC, 'hex') });
    expect(signatureOf(Buffer.from('af82', 'hex'), privateKey).toString('hex')).toBe(SIGNATURE);
  });

  it('names a key as RFC 8037, appendix A.3, does', () => {
    const key = Buffer.from('11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo', 'base64url');
    expect(thumbprintOf(key)).toBe('kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k');
  });

  it('takes no seed of another length', () => {
    const seed = SEED.subarray(1);
    expect(() => privateKeyOf({ seed, publicKey: Buffer.from(PUBLIC, 'hex') })).toThrow(TypeError);
    expect(() => publicKeyOf(seed)).toThrow(TypeError);
  });
});
