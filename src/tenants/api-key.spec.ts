import { describe, expect, it } from '@jest/globals';
import { apiKeyPrefix, generateApiKey, hashApiKey, isApiKey } from './api-key.js';

describe('an API key', () => {
  it('is imp_, 32 base62 characters and a 6-character checksum', () => {
    for (let i = 0; i < 200; i++) expect(generateApiKey()).toMatch(/^imp_[0-9A-Za-z]{38}$/);
  });

  it('keeps its form, so that keys handed out today stay valid', () => {
    expect(generateApiKey(() => 0)).toBe('imp_00000000000000000000000000000000' + '2wjyrI');
  });

  it('is recognised, and no longer when one character is wrong', () => {
    const key = generateApiKey();
    expect(isApiKey(key)).toBe(true);
    for (let at = 4; at < key.length; at++) {
      const other = key[at] === 'x' ? 'y' : 'x';
      expect(isApiKey(key.slice(0, at) + other + key.slice(at + 1))).toBe(false);
    }
  });

  it.each(['', 'imp_', 'IMP_abc', `${generateApiKey()}x`, ` ${generateApiKey()}`])('refuses %j', (text) => {
    expect(isApiKey(text)).toBe(false);
  });

  it('is stored as 32 bytes and shown by its first 8 characters', () => {
    const key = generateApiKey();
    expect(hashApiKey(key)).toHaveLength(32);
    expect(apiKeyPrefix(key)).toBe(key.slice(0, 8));
  });
});
