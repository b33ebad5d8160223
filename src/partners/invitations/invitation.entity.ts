import { Column, Entity, PrimaryColumn } from 'typeorm';
import { VersionedRow } from '../../shared/persistence/versioned-row.js';
import { newId } from '../../shared/random.js';
import { InvitationStateError } from '../partner.errors.js';
import { hashInvitationCode } from './invitation-code.js';
import type { InvitationStatus } from './invitation-status.js';

const LIFETIME_MS = 7 * 24 * 60 * 60 * 1000;

/** Invitation by which a partner makes an API key, once. Of its code only the digest is stored. */
@Entity('partner_invitations')
export class PartnerInvitation extends VersionedRow {
  @PrimaryColumn('uuid', { name: 'invitation_id' })
  invitationId!: string;

  @Column({ type: 'uuid', name: 'partner_id', update: false })
  partnerId!: string;

  @Column({ type: 'text', nullable: true, update: false })
  email!: string | null;

  @Column('bytea', { name: 'code_sha256' })
  codeSha256!: Buffer;

  @Column('timestamptz', { name: 'expires_at' })
  expiresAt!: Date;

  /** Whether the log has that the invitation expired. */
  @Column('boolean', { name: 'expiry_recorded' })
  expiryRecorded!: boolean;

  @Column('timestamptz', { name: 'redeemed_at', nullable: true })
  redeemedAt!: Date | null;

  @Column('timestamptz', { name: 'withdrawn_at', nullable: true })
  withdrawnAt!: Date | null;

  /** API key that the invitation made. */
  @Column('uuid', { name: 'api_key_id', nullable: true })
  apiKeyId!: string | null;

  static create(tenantId: string, partnerId: string, email: string | null, code: string, now: Date): PartnerInvitation {
    return Object.assign(new PartnerInvitation(), PartnerInvitation.newRow(tenantId, now), {
      invitationId: newId(),
      partnerId,
      email,
      codeSha256: hashInvitationCode(code),
      expiresAt: new Date(now.getTime() + LIFETIME_MS),
      expiryRecorded: false,
      redeemedAt: null,
      withdrawnAt: null,
      apiKeyId: null,
    });
  }

  statusAt(now: Date): InvitationStatus {
    if (this.redeemedAt) return 'REDEEMED';
    if (this.withdrawnAt) return 'WITHDRAWN';
    return this.expiresAt <= now ? 'EXPIRED' : 'OPEN';
  }

  /** Notes whether the invitation has expired. Returns whether the log does not have that yet. */
  noteExpiry(now: Date): boolean {
    if (this.expiryRecorded || this.statusAt(now) !== 'EXPIRED') return false;
    this.expiryRecorded = true;
    return true;
  }

  /** Gives the invitation another code and seven days more; the previous code ends. Throws InvitationStateError. */
  renew(code: string, now: Date): void {
    this.assertNotEnded(now);
    this.codeSha256 = hashInvitationCode(code);
    this.expiryRecorded = false;
    this.expiresAt = new Date(now.getTime() + LIFETIME_MS);
    this.changed(now);
  }

  /** Throws InvitationStateError. */
  withdraw(now: Date): void {
    this.assertNotEnded(now);
    this.withdrawnAt = now;
    this.changed(now);
  }

  redeem(apiKeyId: string, now: Date): void {
    this.redeemedAt = now;
    this.apiKeyId = apiKeyId;
    this.changed(now);
  }

  private assertNotEnded(now: Date): void {
    const status = this.statusAt(now);
    if (status === 'REDEEMED' || status === 'WITHDRAWN') throw new InvitationStateError(this.invitationId, status);
  }
}
