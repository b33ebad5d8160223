import { describe, expect, it } from '@jest/globals';
import { draftRevocationList, listedSince, type RevocationList, type Revocations } from './revocation-list.js';

const NOW = new Date('2026-11-25T12:00:00.000Z');
const HOUR_MS = 3_600_000;
/** First 8 bytes of the SHA-256 of the id of a license, a space and a fingerprint. */
const DEVICE_DIGEST = 'r5j6AjnjtUU';
const later = (hours: number) => new Date(NOW.getTime() + hours * HOUR_MS);

const of = (licenseIds: string[], files: Revocations['files'] = []): Revocations => ({ licenseIds, files });

function published(ids: string[], latest?: RevocationList, now = NOW, files: Revocations['files'] = []) {
  const draft = draftRevocationList(latest, of(ids, files), 'k', now);
  if (!draft) throw new Error('Nothing to publish.');
  return { ...draft, signedText: '', kid: 'k', asOfSeq: null } satisfies RevocationList;
}

describe('a revocation list', () => {
  it('begins with number 1, also when it lists nothing', () => {
    expect(published([])).toMatchObject({ number: 1, licenses: [], expiresAt: later(7 * 24) });
  });

  it('rises by one with each change, and only then', () => {
    const first = published(['a', 'b']);
    expect(draftRevocationList(first, of(['b', 'a']), 'k', later(1))).toBeUndefined();
    expect(draftRevocationList(first, of(['a']), 'k', later(1))?.number).toBe(2);
    expect(draftRevocationList(first, of(['a', 'b', 'c']), 'k', later(1))?.number).toBe(2);
  });

  it('follows another after a second, and at once where the clock was ahead', () => {
    const first = published(['a']);
    const after = (milliseconds: number) => new Date(NOW.getTime() + milliseconds);
    expect(draftRevocationList(first, of(['a', 'b']), 'k', NOW)).toBeUndefined();
    expect(draftRevocationList(first, of(['a', 'b']), 'k', after(999))).toBeUndefined();
    expect(draftRevocationList(first, of(['a', 'b']), 'k', after(1_000))?.number).toBe(2);
    expect(draftRevocationList(first, of(['a', 'b']), 'k', after(-1))?.number).toBe(2);
  });

  it('is signed anew each day, with the same number', () => {
    const first = published(['a']);
    expect(draftRevocationList(first, of(['a']), 'k', later(23))).toBeUndefined();
    expect(draftRevocationList(first, of(['a']), 'k', later(24))).toMatchObject({ number: 1, issuedAt: later(24) });
  });

  it('is signed anew at once, with the same number, when another key is active or it is from the future', () => {
    const first = published(['a']);
    expect(draftRevocationList(first, of(['a']), 'k', later(0))).toBeUndefined();
    expect(draftRevocationList(first, of(['a']), 'l', later(0))).toMatchObject({ number: 1, issuedAt: NOW });
    expect(draftRevocationList({ ...first, kid: null }, of(['a']), 'k', later(0))).toMatchObject({ number: 1 });
    const earlier = new Date(NOW.getTime() - 1);
    expect(draftRevocationList(first, of(['a']), 'k', earlier)).toMatchObject({ number: 1, issuedAt: earlier });
  });

  it('names a license by the first 8 bytes of the SHA-256 of its id', () => {
    const draft = draftRevocationList(undefined, of(['019a5f3e-7c4b-7d21-9a53-0e6f1c2b3d4e']), 'k', NOW);
    expect(draft?.licenses).toEqual(['Gpac1JQ0OYQ']);
  });

  it('names a device by its license and its fingerprint, and then rises by one', () => {
    const files = [{ licenseId: '019a5f3e-7c4b-7d21-9a53-0e6f1c2b3d4e', fingerprint: '5f2d9c1e7ab04c3f' }];
    const first = published(['a']);
    expect(first.devices).toEqual([]);
    const draft = draftRevocationList(first, of(['a'], files), 'k', later(1));
    expect(draft).toMatchObject({ number: 2, devices: [DEVICE_DIGEST] });
    const second = published(['a'], first, later(1), files);
    expect(draftRevocationList(second, of(['a'], files), 'k', later(2))).toBeUndefined();
    expect(draftRevocationList(second, of(['a']), 'k', later(2))).toMatchObject({ number: 3, devices: [] });
  });

  it('lists what was changed since the oldest file that may still be good was made', () => {
    expect(NOW.getTime() - listedSince(NOW).getTime()).toBe(367 * 24 * HOUR_MS);
  });
});
