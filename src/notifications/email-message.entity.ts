import { Column, Entity, PrimaryColumn } from 'typeorm';
import { Actor, type Subject } from '../shared/access/actor.js';
import { VersionedRow } from '../shared/persistence/versioned-row.js';
import { newId } from '../shared/random.js';
import type { Secrets } from '../shared/secrets/secrets.js';
import type { EmailTemplateName } from './email-kinds.js';
import type { EmailReason, EmailStatus } from './email-message-status.js';
import type { EmailVariables } from './email-message.requests.js';
import { EmailMessageErasedError, EmailMessageStateError } from './email-message.errors.js';
import { emailMessageSealContext, recipientDigest } from './seal-contexts.js';

/** Days that a message waits at most. */
const MAX_WAIT_DAYS = 7;
const DAY_MS = 24 * 60 * 60 * 1000;

/** Personal part of a message, which is stored sealed. Contains no license key. */
export interface EmailContent {
  readonly to: string;
  /** True: the sender of the message gave the address, so that it does not follow the customer or partner. */
  readonly isExplicit: boolean;
  readonly language: string;
  readonly variables: EmailVariables;
}

/** Resources that a message is about. `to` is an address that its sender gave. */
export interface EmailSubjects {
  readonly template: EmailTemplateName;
  readonly licenseId: string | null;
  readonly customerId: string | null;
  readonly partnerId: string | null;
  readonly orderId: string | null;
  readonly invitationId: string | null;
  readonly to: string | undefined;
  /** Undefined: that of the customer or partner. */
  readonly language: string | undefined;
  readonly variables: EmailVariables;
}

/** Values of a new message. */
export interface NewEmail {
  readonly template: EmailTemplateName;
  readonly licenseId: string | null;
  readonly customerId: string | null;
  readonly partnerId: string | null;
  readonly orderId: string | null;
  /** Invitation whose code is made when the message is sent. */
  readonly invitationId: string | null;
  readonly content: EmailContent;
  readonly resendOf: string | null;
  /** Name of the milestone that causes the message; unique per tenant. */
  readonly milestone: string | null;
}

/** A message to one recipient. It is composed when it is sent, from the present texts, license and customer. */
@Entity('email_messages')
export class EmailMessage extends VersionedRow {
  @PrimaryColumn('uuid', { name: 'email_message_id' })
  emailMessageId!: string;

  @Column({ type: 'text', update: false })
  template!: EmailTemplateName;

  @Column({ type: 'uuid', name: 'license_id', nullable: true, update: false })
  licenseId!: string | null;

  /** Customer that the message concerns: that of the license, if there is one. */
  @Column({ type: 'text', name: 'customer_id', nullable: true, update: false })
  customerId!: string | null;

  @Column({ type: 'text', name: 'partner_id', nullable: true, update: false })
  partnerId!: string | null;

  @Column({ type: 'text', name: 'order_id', nullable: true, update: false })
  orderId!: string | null;

  @Column({ type: 'uuid', name: 'invitation_id', nullable: true, update: false })
  invitationId!: string | null;

  @Column({ type: 'uuid', name: 'resend_of', nullable: true, update: false })
  resendOf!: string | null;

  @Column({ type: 'text', nullable: true, update: false })
  milestone!: string | null;

  /** Digest of the recipient's address in lower case, by which an erasure finds it; null after it. */
  @Column({ type: 'bytea', name: 'recipient_digest', nullable: true })
  recipientDigest!: Buffer | null;

  /** EmailContent, sealed; null after an erasure. */
  @Column({ type: 'bytea', name: 'content_sealed', nullable: true })
  contentSealed!: Buffer | null;

  /** Whether who asked for the message had the permission `licenses:reveal-key`. */
  @Column({ type: 'boolean', name: 'may_reveal_key', update: false })
  mayRevealKey!: boolean;

  @Column({ type: 'jsonb', name: 'requested_by', update: false })
  requestedBy!: Subject;

  @Column('text')
  status!: EmailStatus;

  @Column('text', { nullable: true })
  reason!: EmailReason | null;

  @Column('integer', { name: 'attempt_count' })
  attemptCount!: number;

  /** Earliest time of the next attempt; while the message is leased, the end of the lease. */
  @Column('timestamptz', { name: 'next_attempt_at' })
  nextAttemptAt!: Date;

  /** Attempt that holds the message until `nextAttemptAt`; null: none. */
  @Column('uuid', { name: 'lease_id', nullable: true })
  leaseId!: string | null;

  /** Message-ID of all attempts, from the first one; of the last one, if each brings another code. */
  @Column('text', { name: 'message_id', nullable: true })
  messageId!: string | null;

  @Column('timestamptz', { name: 'sent_at', nullable: true })
  sentAt!: Date | null;

  @Column({ type: 'timestamptz', name: 'expires_at', update: false })
  expiresAt!: Date;

  static create(
    actor: Actor,
    emailMessageId = newId(),
    email: NewEmail,
    secrets: Secrets,
    reason: EmailReason | null,
    now: Date,
  ): EmailMessage {
    const { content, ...fields } = email;
    const message = Object.assign(new EmailMessage(), EmailMessage.newRow(actor.tenantId, now), fields, {
      emailMessageId,
      mayRevealKey: actor.may('licenses:reveal-key'),
      requestedBy: actor.subject,
      status: 'QUEUED' as const,
      reason,
      attemptCount: 0,
      nextAttemptAt: now,
      leaseId: null,
      messageId: null,
      sentAt: null,
      expiresAt: new Date(now.getTime() + MAX_WAIT_DAYS * DAY_MS),
    });
    message.sealContent(secrets, content);
    return message;
  }

  /** Actor in whose name the message is sent. */
  get requester(): Actor {
    return new Actor(this.tenantId, this.requestedBy, new Set(this.mayRevealKey ? ['licenses:reveal-key'] : []));
  }

  /** Returns null if the content was erased. */
  openContent(secrets: Secrets): EmailContent | null {
    if (this.contentSealed === null) return null;
    return JSON.parse(secrets.unseal(this.contentSealed, this.sealContext)) as EmailContent;
  }

  /** Returns what the message is to be composed from. */
  subjects({ to, isExplicit, language, variables }: EmailContent): EmailSubjects {
    const { template, licenseId, customerId, partnerId, orderId, invitationId } = this;
    return {
      template,
      licenseId,
      customerId,
      partnerId,
      orderId,
      invitationId,
      to: isExplicit ? to : undefined,
      language,
      variables,
    };
  }

  sealContent(secrets: Secrets, content: EmailContent): void {
    this.contentSealed = secrets.seal(JSON.stringify(content), this.sealContext);
    this.recipientDigest = recipientDigest(secrets, content.to);
  }

  isLeased(now: Date): boolean {
    return this.leaseId !== null && this.nextAttemptAt > now;
  }

  /**
   * Counts an attempt and returns the Message-ID. All attempts share it, so that a mail program shows a message that came twice once. Each
   * attempt with an invitation has its own, since the code of an earlier one has ended.
   */
  beginAttempt(sender: string, now: Date): string {
    this.attemptCount += 1;
    const domain = sender.split('@').at(-1);
    if (this.invitationId !== null) this.messageId = `<${this.emailMessageId}.${this.attemptCount}@${domain}>`;
    this.messageId ??= `<${this.emailMessageId}@${domain}>`;
    this.reason = null;
    this.changed(now);
    return this.messageId;
  }

  /** Throws EmailMessageStateError unless the message waits. */
  cancel(now: Date): void {
    if (this.status !== 'QUEUED' || this.isLeased(now))
      throw new EmailMessageStateError(this.emailMessageId, 'cancel', this);
    this.end('CANCELLED', 'CANCELLED_BY_REQUEST', now);
  }

  end(status: Exclude<EmailStatus, 'QUEUED'>, reason: EmailReason | null, now: Date): void {
    this.status = status;
    this.reason = reason;
    this.leaseId = null;
    if (status === 'SENT') this.sentAt = now;
    this.changed(now);
  }

  retryAt(time: Date, reason: EmailReason, now: Date): void {
    this.nextAttemptAt = time;
    this.reason = reason;
    this.leaseId = null;
    this.changed(now);
  }

  /** Returns the content for a message that is sent anew. Throws EmailMessageErasedError, EmailMessageStateError. */
  contentForResend(secrets: Secrets): EmailContent {
    if (this.status === 'QUEUED') throw new EmailMessageStateError(this.emailMessageId, 'resend', this);
    const content = this.openContent(secrets);
    if (!content) throw new EmailMessageErasedError(this.emailMessageId);
    return content;
  }

  private get sealContext(): string[] {
    return emailMessageSealContext(this.tenantId, this.emailMessageId);
  }
}
