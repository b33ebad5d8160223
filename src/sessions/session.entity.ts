import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { SignInMethod } from '../shared/access/session-authenticator.js';
import { VersionedRow } from '../shared/persistence/versioned-row.js';

export const END_REASONS = ['SIGNED_OUT', 'ENDED', 'REPLACED', 'EXPIRED', 'WITHDRAWN'] as const;
export type EndReason = (typeof END_REASONS)[number];

/** Session of a browser, of an API key or of a person. Sessions of platform keys have no tenant, so no repository returns them. */
@Entity('sessions')
export class Session extends VersionedRow {
  @PrimaryColumn('uuid', { name: 'session_id' })
  sessionId!: string;

  @Column({ type: 'text', update: false })
  method!: SignInMethod;

  @Column({ type: 'uuid', name: 'api_key_id', nullable: true, update: false })
  apiKeyId!: string | null;

  /** Identity provider of a person: `iss` of its token. */
  @Column({ type: 'text', nullable: true, update: false })
  issuer!: string | null;

  /** Person: `sub` of the token. */
  @Column({ type: 'text', nullable: true, update: false })
  subject!: string | null;

  @Column({ type: 'text', name: 'user_agent', nullable: true, update: false })
  userAgent!: string | null;

  @Column({ type: 'timestamptz', name: 'authenticated_at', update: false })
  authenticatedAt!: Date;

  @Column({ type: 'timestamptz', name: 'last_seen_at', update: false })
  lastSeenAt!: Date;

  @Column({ type: 'timestamptz', name: 'ends_at', update: false })
  endsAt!: Date;

  @Column('timestamptz', { name: 'ended_at', nullable: true })
  endedAt!: Date | null;

  @Column('text', { name: 'end_reason', nullable: true })
  endReason!: EndReason | null;

  /** Returns false if the session has ended before. */
  end(reason: EndReason, now: Date): boolean {
    if (this.endedAt) return false;
    this.endedAt = now;
    this.endReason = reason;
    this.changed(now);
    return true;
  }
}
