import { Column, Entity, PrimaryColumn } from 'typeorm';
import { VersionedRow } from '../shared/persistence/versioned-row.js';
import { publicKeyOf, thumbprintOf } from './ed25519.js';
import { MAX_VALIDITY_MS } from './signed-document.js';
import { OnlyActiveSigningKeyError, SigningKeyStateError } from './signing-key.errors.js';
import type { SigningKeyState } from './signing-key-state.js';

/** Margin for signatures in progress at the retirement, and for clock differences. */
const MARGIN_MS = 24 * 60 * 60 * 1000;

/**
 * A tenant's key. CREATED: published, does not sign yet. ACTIVE: signs. RETIRED: published until its documents expire. REVOKED:
 * compromised, unpublished. CREATED and ACTIVE keys have a private key; then it is destroyed.
 */
@Entity('signing_keys')
export class SigningKey extends VersionedRow {
  /** RFC 7638 thumbprint of the public key. */
  @PrimaryColumn('text')
  kid!: string;

  @Column('text')
  state!: SigningKeyState;

  @Column({ type: 'bytea', name: 'public_key', update: false })
  publicKey!: Buffer;

  /** Seed in base64url, sealed with the master key; see Secrets.seal. */
  @Column('bytea', { name: 'private_key_sealed', nullable: true })
  privateKeySealed!: Buffer | null;

  @Column('timestamptz', { name: 'activated_at', nullable: true })
  activatedAt!: Date | null;

  @Column('timestamptz', { name: 'retired_at', nullable: true })
  retiredAt!: Date | null;

  @Column('timestamptz', { name: 'revoked_at', nullable: true })
  revokedAt!: Date | null;

  static create(
    tenantId: string,
    seed: Buffer,
    seal: (text: string, context: string[]) => Buffer,
    now: Date,
  ): SigningKey {
    const publicKey = publicKeyOf(seed);
    const kid = thumbprintOf(publicKey);
    return Object.assign(new SigningKey(), SigningKey.newRow(tenantId, now), {
      kid,
      state: 'CREATED' as const,
      publicKey,
      privateKeySealed: seal(seed.toString('base64url'), signingKeySealContext(tenantId, kid)),
      activatedAt: null,
      retiredAt: null,
      revokedAt: null,
    });
  }

  /** Time at which the key leaves the key set; null until it is retired or revoked. */
  get publishedUntil(): Date | null {
    if (this.revokedAt) return this.revokedAt;
    return this.retiredAt && new Date(this.retiredAt.getTime() + MAX_VALIDITY_MS + MARGIN_MS);
  }

  /** Throws SigningKeyStateError. */
  activate(now: Date): void {
    this.assertState('activated', 'CREATED');
    this.state = 'ACTIVE';
    this.activatedAt = now;
    this.changed(now);
  }

  /** Throws SigningKeyStateError. */
  retire(now: Date): void {
    this.assertState('retired', 'ACTIVE');
    this.state = 'RETIRED';
    this.retiredAt = now;
    this.privateKeySealed = null;
    this.changed(now);
  }

  /** Throws SigningKeyStateError. */
  revoke(now: Date): void {
    this.assertState('revoked', 'CREATED', 'ACTIVE', 'RETIRED');
    this.state = 'REVOKED';
    this.revokedAt = now;
    this.privateKeySealed = null;
    this.changed(now);
  }

  /** Throws OnlyActiveSigningKeyError: without an active key nothing can be signed. */
  assertMayEnd(force: boolean): void {
    if (this.state === 'ACTIVE' && !force) throw new OnlyActiveSigningKeyError();
  }

  private assertState(action: string, ...allowed: readonly SigningKeyState[]): void {
    if (!allowed.includes(this.state)) throw new SigningKeyStateError(action, this.state);
  }
}

/** Returns the context that a sealed private key is bound to: the seal opens for this tenant and key only. */
export function signingKeySealContext(tenantId: string, kid: string): string[] {
  return ['signing-key', tenantId, kid];
}
