import { Injectable, Optional } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Config } from '../../config.js';
import { RevealLicenseKeyCommand, type License } from '../../licensing/index.js';
import type { Actor } from '../../shared/access/actor.js';
import { PreconditionFailedError } from '../../shared/errors.js';
import type { Transaction } from '../../shared/persistence/transaction.js';
import { Metrics } from '../../shared/metrics.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { Secrets } from '../../shared/secrets/secrets.js';
import { Clock } from '../../shared/time/clock.js';
import { EmailComposer, type Composition } from '../composing/email-composer.js';
import { isSameAddress } from '../composing/email-intake.js';
import { EmailAttempts, type RelayAnswer } from '../email-attempts.js';
import { MILESTONE_TEMPLATES } from '../email-kinds.js';
import type { EmailContent, EmailMessage } from '../email-message.entity.js';
import { EmailMessageRepository } from '../email-message.repository.js';
import type { EmailReason } from '../email-message-status.js';
import { licenseIsAsAtMilestone } from '../milestone.js';
import {
  EmailMessageCancelledEvent,
  EmailMessageExpiredEvent,
  EmailMessageFailedEvent,
  EmailMessageSentEvent,
  mailer,
} from '../events/email-message.events.js';
import { PartnerContacts } from '../partner-contacts.js';
import { SmtpRelay } from './smtp-relay.js';

/** Longest wait between two attempts. */
const MAX_RETRY_MS = 4 * 60 * 60 * 1000;
/** Waits for a setting are longer than the first retry, since only a restart sets it. */
const SETTING_WAIT_FACTOR = 10;

/** The next attempt looks at the license anew. */
const LICENSE_CHANGED: RelayAnswer = {
  outcome: 'UNREACHABLE',
  code: null,
  text: 'The license was changed while the message was made.',
};

/** The next attempt cancels the message. */
const INVITATION_ENDED: RelayAnswer = {
  outcome: 'UNREACHABLE',
  code: null,
  text: 'The invitation ended while the message was made.',
};

const ENDINGS = {
  SENT: EmailMessageSentEvent,
  FAILED: EmailMessageFailedEvent,
  CANCELLED: EmailMessageCancelledEvent,
  EXPIRED: EmailMessageExpiredEvent,
};

/** Why a message is not sent now: `WAIT`, or the status in which it ends. */
interface Obstacle {
  readonly status: 'WAIT' | 'FAILED' | 'CANCELLED';
  readonly reason: EmailReason;
}

interface Attempt {
  readonly attemptId: string;
  readonly messageId: string;
}

/** Sends one leased message. No transaction is open while the relay is asked, so that a slow relay holds no connection to the database. */
@Injectable()
export class EmailDelivery {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly messages: EmailMessageRepository,
    private readonly attempts: EmailAttempts,
    private readonly composer: EmailComposer,
    private readonly relay: SmtpRelay,
    private readonly commands: CommandBus,
    private readonly secrets: Secrets,
    private readonly clock: Clock,
    private readonly metrics: Metrics,
    private readonly config: Config,
    @Optional() private readonly partners?: PartnerContacts,
  ) {}

  async deliver(message: EmailMessage, signal: AbortSignal): Promise<void> {
    const content = message.openContent(this.secrets);
    if (!content) return this.stop(message, { status: 'FAILED', reason: 'CONTENT_ERASED' });
    const composition = await this.composer.compose(message.requester, message.subjects(content));
    const obstacle = obstacleTo(message, composition, this.clock.now());
    if (obstacle) return this.stop(message, obstacle);
    const to = composition.recipient ?? content.to;
    const attempt = await this.begin(message, composition.from.address);
    if (!attempt) return;
    const answer = await this.handOver(message, { ...content, to }, composition, attempt, signal);
    this.metrics.emailAttempts.inc({ outcome: answer.outcome });
    await this.record(message, { ...content, to }, attempt, answer);
  }

  /** Ends messages that waited too long. Returns their number, which is `limit` if there may be more. */
  expire(tenantId: string, limit: number): Promise<number> {
    return this.unitOfWork.run(tenantId, async (transaction) => {
      const expired = await this.messages.lockExpired(transaction, this.clock.now(), limit);
      for (const message of expired)
        await this.end(transaction, message, 'EXPIRED', message.reason ?? 'WAITED_TOO_LONG');
      return expired.length;
    });
  }

  /** Begins an attempt. Returns undefined if the lease has ended, so that another process may be sending. */
  private begin(leased: EmailMessage, sender: string): Promise<Attempt | undefined> {
    return this.unitOfWork.run(leased.tenantId, async (transaction) => {
      const message = await this.messages.findForUpdate(leased.tenantId, leased.emailMessageId);
      const now = this.clock.now();
      if (message?.status !== 'QUEUED' || message.leaseId !== leased.leaseId || !message.isLeased(now))
        return undefined;
      const messageId = message.beginAttempt(sender, now);
      await this.messages.update(message);
      return { attemptId: this.attempts.begin(transaction, message, now), messageId };
    });
  }

  /**
   * Hands a message over, with the license key if the texts name it, and with a new code of its invitation: that they are revealed is recorded
   * before the relay can get them.
   */
  private async handOver(
    { tenantId, requester, invitationId }: EmailMessage,
    { to }: EmailContent,
    composition: Composition,
    { messageId }: Attempt,
    signal: AbortSignal,
  ): Promise<RelayAnswer> {
    const unreachable = await this.relay.reach();
    if (unreachable) return unreachable;
    if (signal.aborted) return { outcome: 'UNREACHABLE', code: null, text: 'The attempt took too long.' };
    const { license } = composition;
    let licenseKey: string | undefined;
    if (composition.namesLicenseKey && license) {
      licenseKey = await this.revealIfUnchanged(requester, license);
      if (licenseKey === undefined) return LICENSE_CHANGED;
    }
    const invitation =
      invitationId === null ? undefined : await this.partners?.makeInvitationCode(tenantId, invitationId);
    if (invitationId !== null && !invitation) return INVITATION_ENDED;
    const texts = composition.render({
      ...(licenseKey !== undefined && { license_key: licenseKey }),
      ...(invitation && { invitation_code: invitation.code, invitation_expires_at: invitation.expiresAt }),
    });
    const { from, replyTo } = composition;
    return this.relay.send({ ...texts, from, replyTo, to, messageId }, signal);
  }

  /** Returns undefined if the license has changed since the message was composed: it may have another customer, who was not looked at. */
  private async revealIfUnchanged(requester: Actor, { licenseId, version }: License): Promise<string | undefined> {
    try {
      const command = new RevealLicenseKeyCommand(requester, licenseId, { ifMatch: [version] });
      return (await this.commands.execute(command)).license_key;
    } catch (error) {
      if (error instanceof PreconditionFailedError) return undefined;
      throw error;
    }
  }

  /**
   * Records the answer. A message that was sent is SENT also if the lease has ended meanwhile; any other answer counts only within the lease,
   * since another process may have begun an attempt.
   */
  private record(
    leased: EmailMessage,
    content: EmailContent,
    { attemptId }: Attempt,
    answer: RelayAnswer,
  ): Promise<void> {
    return this.unitOfWork.run(leased.tenantId, async (transaction) => {
      const message = await this.messages.findForUpdate(leased.tenantId, leased.emailMessageId);
      const now = this.clock.now();
      // The answer may name a recipient that was erased meanwhile.
      const isErased = message?.contentSealed === null;
      this.attempts.end(transaction, attemptId, isErased ? { ...answer, text: '' } : answer, now);
      if (message?.status !== 'QUEUED') return;
      if (answer.outcome === 'SENT') {
        if (message.contentSealed !== null) message.sealContent(this.secrets, content);
        await this.end(transaction, message, 'SENT', null);
      } else if (message.leaseId === leased.leaseId) {
        if (answer.outcome === 'REFUSED') await this.end(transaction, message, 'FAILED', 'RELAY_REFUSED');
        else await this.retry(message, answer.outcome === 'DEFERRED' ? 'RELAY_DEFERRED' : 'RELAY_UNREACHABLE', now);
      }
    });
  }

  private stop(leased: EmailMessage, { status, reason }: Obstacle): Promise<void> {
    return this.unitOfWork.run(leased.tenantId, async (transaction) => {
      const message = await this.messages.findForUpdate(leased.tenantId, leased.emailMessageId);
      if (message?.status !== 'QUEUED' || message.leaseId !== leased.leaseId) return;
      if (status !== 'WAIT') return this.end(transaction, message, status, reason);
      const now = this.clock.now();
      message.retryAt(new Date(now.getTime() + SETTING_WAIT_FACTOR * this.config.settings.EMAIL_RETRY_MS), reason, now);
      await this.messages.update(message);
    });
  }

  private async retry(message: EmailMessage, reason: EmailReason, now: Date): Promise<void> {
    const first = this.config.settings.EMAIL_RETRY_MS;
    const waitMs = Math.min(first * 2 ** Math.min(message.attemptCount - 1, 20), Math.max(first, MAX_RETRY_MS));
    message.retryAt(new Date(now.getTime() + waitMs), reason, now);
    await this.messages.update(message);
  }

  private async end(
    transaction: Transaction,
    message: EmailMessage,
    status: keyof typeof ENDINGS,
    reason: EmailReason | null,
  ): Promise<void> {
    const now = this.clock.now();
    message.end(status, reason, now);
    await this.messages.update(message);
    transaction.record(new ENDINGS[status](mailer(message.tenantId), now, message));
  }
}

/** Compares what was asked for with the present state of the license and its customer. */
function obstacleTo(message: EmailMessage, composition: Composition, now: Date): Obstacle | undefined {
  const { license, recipient, keyRecipient, namesLicenseKey } = composition;
  if (!suitsLicense(message, license, now)) return { status: 'CANCELLED', reason: 'LICENSE_CHANGED' };
  if (composition.invitationHasEnded) return { status: 'CANCELLED', reason: 'INVITATION_ENDED' };
  if (recipient === null) return { status: 'FAILED', reason: 'RECIPIENT_MISSING' };
  if (license && license.customerId !== message.customerId) return { status: 'FAILED', reason: 'RECIPIENT_CHANGED' };
  if (namesLicenseKey && license && !message.mayRevealKey) return { status: 'FAILED', reason: 'KEY_NOT_PERMITTED' };
  if (namesLicenseKey && license && !isSameAddress(recipient, keyRecipient))
    return { status: 'FAILED', reason: 'RECIPIENT_CHANGED' };
  return composition.lacksPublicUrl ? { status: 'WAIT', reason: 'PUBLIC_URL_NOT_CONFIGURED' } : undefined;
}

/** Tells whether the license is in a state that the message is about. A reminder that somebody asked for has no milestone. */
function suitsLicense(message: EmailMessage, license: License | null, now: Date): boolean {
  if (message.milestone !== null) return licenseIsAsAtMilestone(message, license, now);
  const status = license?.statusAt(now);
  if (MILESTONE_TEMPLATES.includes(message.template)) return status !== 'REVOKED' && status !== 'SUSPENDED';
  return message.template !== 'license_issued' || status !== 'REVOKED';
}
