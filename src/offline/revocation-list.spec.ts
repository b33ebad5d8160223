import { describe, expect, it } from '@jest/globals';
import { draftRevocationList, listedSince, type RevocationList } from './revocation-list.js';

const NOW = new Date('2026-11-25T12:00:00.000Z');
const HOUR_MS = 3_600_000;
const later = (hours: number) => new Date(NOW.getTime() + hours * HOUR_MS);

function published(ids: string[], latest?: RevocationList, now = NOW): RevocationList {
  const draft = draftRevocationList(latest, ids, 'k', now);
  if (!draft) throw new Error('Nothing to publish.');
  return { ...draft, signedText: '', kid: 'k', asOfSeq: null };
}

describe('a revocation list', () => {
  it('begins with number 1, also when it lists nothing', () => {
    expect(published([])).toMatchObject({ number: 1, licenses: [], expiresAt: later(7 * 24) });
  });

  it('rises by one with each change, and only then', () => {
    const first = published(['a', 'b']);
    expect(draftRevocationList(first, ['b', 'a'], 'k', later(1))).toBeUndefined();
    expect(draftRevocationList(first, ['a'], 'k', later(1))?.number).toBe(2);
    expect(draftRevocationList(first, ['a', 'b', 'c'], 'k', later(1))?.number).toBe(2);
  });

  it('follows another after a second, and at once where the clock was ahead', () => {
    const first = published(['a']);
    const after = (milliseconds: number) => new Date(NOW.getTime() + milliseconds);
    expect(draftRevocationList(first, ['a', 'b'], 'k', NOW)).toBeUndefined();
    expect(draftRevocationList(first, ['a', 'b'], 'k', after(999))).toBeUndefined();
    expect(draftRevocationList(first, ['a', 'b'], 'k', after(1_000))?.number).toBe(2);
    expect(draftRevocationList(first, ['a', 'b'], 'k', after(-1))?.number).toBe(2);
  });

  it('is signed anew each day, with the same number', () => {
    const first = published(['a']);
    expect(draftRevocationList(first, ['a'], 'k', later(23))).toBeUndefined();
    expect(draftRevocationList(first, ['a'], 'k', later(24))).toMatchObject({ number: 1, issuedAt: later(24) });
  });

  it('is signed anew at once, with the same number, when another key is active or it is from the future', () => {
    const first = published(['a']);
    expect(draftRevocationList(first, ['a'], 'k', later(0))).toBeUndefined();
    expect(draftRevocationList(first, ['a'], 'l', later(0))).toMatchObject({ number: 1, issuedAt: NOW });
    expect(draftRevocationList({ ...first, kid: null }, ['a'], 'k', later(0))).toMatchObject({ number: 1 });
    const earlier = new Date(NOW.getTime() - 1);
    expect(draftRevocationList(first, ['a'], 'k', earlier)).toMatchObject({ number: 1, issuedAt: earlier });
  });

  it('names a license by the first 8 bytes of the SHA-256 of its id', () => {
    const draft = draftRevocationList(undefined, ['019a5f3e-7c4b-7d21-9a53-0e6f1c2b3d4e'], 'k', NOW);
    expect(draft?.licenses).toEqual(['Gpac1JQ0OYQ']);
  });

  it('lists what was changed since the oldest file that may still be good was made', () => {
    expect(NOW.getTime() - listedSince(NOW).getTime()).toBe(367 * 24 * HOUR_MS);
  });
});
