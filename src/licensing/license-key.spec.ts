import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { formatLicenseKey, lastFour } from './license-key.js';

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
  });

  it('is not made of fewer bits', () => {
    expect(() => formatLicenseKey(Buffer.alloc(9))).toThrow(TypeError);
  });
});
