import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { SealError, Secrets } from './secrets.js';

describe('Secrets', () => {
  const [master, lookup] = [randomBytes(32), randomBytes(32)];
  const secrets = new Secrets([master], lookup);
  const context = ['tenant-001', 'license-1'];

  it('seals with the first master key and opens with all', () => {
    const next = randomBytes(32);
    const before = secrets.seal('A1B2', context);
    const both = new Secrets([next, master], lookup);
    const after = both.seal('A1B2', context);
    expect([both.unseal(before, context), both.unseal(after, context)]).toEqual(['A1B2', 'A1B2']);
    expect([both.isCurrent(before), both.isCurrent(after)]).toEqual([false, true]);
    expect(() => secrets.unseal(after, context)).toThrow(SealError);
    expect(new Secrets([next], lookup).unseal(after, context)).toBe('A1B2');
  });

  it('needs a master key', () => {
    expect(() => new Secrets([], lookup)).toThrow(TypeError);
  });

  it('opens what it sealed, for the same tenant and license', () => {
    expect(secrets.unseal(secrets.seal('A1B2', context), context)).toBe('A1B2');
  });

  it('seals the same text differently each time and never shows it', () => {
    const [one, two] = [secrets.seal('A1B2-C3D4', context), secrets.seal('A1B2-C3D4', context)];
    expect(one.equals(two)).toBe(false);
    expect(one.includes('A1B2')).toBe(false);
  });

  it.each([
    ['another tenant', ['tenant-002', 'license-1']],
    ['another license', ['tenant-001', 'license-2']],
    ['the same letters cut elsewhere', ['tenant-001license', '-1']],
  ])('does not open a seal moved to %s', (_, elsewhere) => {
    expect(() => secrets.unseal(secrets.seal('A1B2', context), elsewhere)).toThrow(SealError);
  });

  it('does not open a seal of which one bit was changed, wherever it is', () => {
    const sealed = secrets.seal('A1B2', context);
    for (let at = 0; at < sealed.length; at++) {
      const changed = Buffer.from(sealed);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      expect(() => secrets.unseal(changed, context)).toThrow(SealError);
    }
  });

  it('does not open a seal that was cut short', () => {
    const sealed = secrets.seal('A1B2', context);
    for (let length = 0; length < sealed.length; length++) {
      expect(() => secrets.unseal(sealed.subarray(0, length), context)).toThrow(SealError);
    }
  });

  it('says when the master key is another one', () => {
    const other = new Secrets([randomBytes(32)], lookup);
    expect(() => other.unseal(secrets.seal('A1B2', context), context)).toThrow('another master key');
  });

  it('digests to 16 bytes that depend on the lookup key alone', () => {
    expect(secrets.digest('A1B2')).toHaveLength(16);
    expect(secrets.digest('A1B2')).toEqual(new Secrets([randomBytes(32)], lookup).digest('A1B2'));
    expect(secrets.digest('A1B2')).not.toEqual(new Secrets([master], randomBytes(32)).digest('A1B2'));
  });

  it('refuses a key of another length', () => {
    expect(() => new Secrets([randomBytes(31)], lookup)).toThrow(TypeError);
  });
});
