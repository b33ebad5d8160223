import { describe, expect, it } from '@jest/globals';
import { SigningKey } from './signing-key.entity.js';
import { SigningKeyStateError } from './signing-key.errors.js';
import { SIGNING_KEY_STATES, type SigningKeyState } from './signing-key-state.js';

const NOW = new Date('2026-11-25T12:00:00.000Z');
const DAY_MS = 24 * 60 * 60 * 1000;

function keyIn(state: SigningKeyState): SigningKey {
  const key = SigningKey.create('tenant-001', Buffer.alloc(32, 7), (text) => Buffer.from(text), NOW);
  if (state !== 'CREATED') key.activate(NOW);
  if (state === 'RETIRED') key.retire(NOW);
  if (state === 'REVOKED') key.revoke(NOW);
  return key;
}

describe('a signing key', () => {
  const allowed: Record<'activate' | 'retire' | 'revoke', SigningKeyState[]> = {
    activate: ['CREATED'],
    retire: ['ACTIVE'],
    revoke: ['CREATED', 'ACTIVE', 'RETIRED'],
  };
  const cases = SIGNING_KEY_STATES.flatMap((state) =>
    (['activate', 'retire', 'revoke'] as const).map((action) => [state, action] as const),
  );

  it.each(cases)('that is %s: %s', (state, action) => {
    const key = keyIn(state);
    const { version } = key;
    if (allowed[action].includes(state)) {
      key[action](NOW);
      expect(key.version).toBe(version + 1);
    } else {
      expect(() => key[action](NOW)).toThrow(SigningKeyStateError);
      expect([key.state, key.version]).toEqual([state, version]);
    }
  });

  it('has a private half only while it may sign or is about to', () => {
    const having = SIGNING_KEY_STATES.filter((state) => keyIn(state).privateKeySealed !== null);
    expect(having).toEqual(['CREATED', 'ACTIVE']);
  });

  it('stays published for a year and a day after it is retired, and not at all once it is revoked', () => {
    expect([keyIn('CREATED').publishedUntil, keyIn('ACTIVE').publishedUntil]).toEqual([null, null]);
    expect(keyIn('RETIRED').publishedUntil).toEqual(new Date(NOW.getTime() + 367 * DAY_MS));
    expect(keyIn('REVOKED').publishedUntil).toEqual(NOW);
  });
});
