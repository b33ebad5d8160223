import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { canonicalLicenseKey, formatLicenseKey, lastFour } from './license-key.js';

describe('a license key', () => {
  it('is five groups of four upper-case hexadecimal digits', () => {
    for (let i = 0; i < 200; i++) {
      expect(formatLicenseKey(randomBytes(10))).toMatch(/^[0-9A-F]{4}(-[0-9A-F]{4}){4}$/);
    }
  });

  it('shows all 80 bits', () => {
    expect(formatLicenseKey(Buffer.from('00112233445566778899', 'hex'))).toBe('0011-2233-4455-6677-8899');
    expect(formatLicenseKey(Buffer.alloc(10, 0xff))).toBe('FFFF-FFFF-FFFF-FFFF-FFFF');
  });

  it('is recognised by its last four digits', () => {
    expect(lastFour('0011-2233-4455-6677-8899')).toBe('8899');
    expect(lastFour('ACME-KEY-0123456789😀abc')).toBe('😀abc');
    expect(lastFour('😀😀😀😀😀a')).toBe('😀😀😀a');
  });

  it.each([
    '–',
    '‐',
    '‑',
    '—',
    '−',
    ' ',
    '\u00a0',
    '\ufeff',
    '\u200b',
    '\u200c',
    '\u2060',
    '\u200e',
    '\u00ad',
    '',
    '- ',
  ])('is found with %j between its groups', (separator) => {
    expect(canonicalLicenseKey(`a1b2${separator}C3D4${separator}e5f6-0718-293A`)).toBe('A1B2-C3D4-E5F6-0718-293A');
  });

  it('is found in full-width digits, and anything else stays as it is', () => {
    expect(canonicalLicenseKey('Ａ１Ｂ２-c3d4-e5f6-0718-293a')).toBe('A1B2-C3D4-E5F6-0718-293A');
    for (const other of ['', 'A1B2', 'O1B2-C3D4-E5F6-0718-293A', 'A1B2_C3D4_E5F6_0718_293A'])
      expect(canonicalLicenseKey(other)).toBe(other);
  });

  it('is not made of fewer bits', () => {
    expect(() => formatLicenseKey(Buffer.alloc(9))).toThrow(TypeError);
  });
});
