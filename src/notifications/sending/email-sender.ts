import { type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { EventsHandler, type IEventHandler } from '@nestjs/cqrs';
import { Config } from '../../config.js';
import { PeriodicTask } from '../../shared/async/periodic-task.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { newId } from '../../shared/random.js';
import { Clock } from '../../shared/time/clock.js';
import { DatabaseClock } from '../../shared/time/database-clock.js';
import type { EmailMessage } from '../email-message.entity.js';
import { EmailMessageRepository } from '../email-message.repository.js';
import { EmailMessageQueuedEvent } from '../events/email-message.events.js';
import { EmailDelivery } from './email-delivery.js';
import { SmtpRelay } from './smtp-relay.js';

/** Tenants per statement, and expired messages per transaction. */
const CHUNK_SIZE = 500;
/** Attempts of one tenant at once. Half of all slots are for tenants without an attempt, so that slow recipients of a few hold up nobody. */
const MAX_PER_TENANT = 3;
/** A lease outlasts the attempt by this factor; the time of an attempt includes the reads before it. */
const LEASE_FACTOR = 2;
/** Time that attempts in progress have when the server stops. */
const SHUTDOWN_MS = 5_000;

/**
 * Sends messages in the background: at once after their commit, and at every interval those that are due. Each attempt leases its message in the
 * database, so that two processes never send it at once, and one that a process left is sent again when its lease ends.
 */
@EventsHandler(EmailMessageQueuedEvent)
export class EmailSender
  implements IEventHandler<EmailMessageQueuedEvent>, OnApplicationBootstrap, BeforeApplicationShutdown
{
  private readonly task = new PeriodicTask(EmailSender.name, 'Failed to send e-mail');
  /** Tenants that may have due messages, the next one first. */
  private readonly waiting = new Set<string>();
  /** Attempts in progress by tenant. */
  private readonly running = new Map<string, number>();
  private readonly inProgress = new Set<Promise<void>>();
  private readonly stopping = new AbortController();

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly messages: EmailMessageRepository,
    private readonly delivery: EmailDelivery,
    private readonly relay: SmtpRelay,
    private readonly clock: Clock,
    private readonly databaseClock: DatabaseClock,
    private readonly config: Config,
  ) {}

  onApplicationBootstrap(): void {
    this.task.every(this.config.settings.EMAIL_INTERVAL_MS, () => this.sweep());
    this.task.runSoon(() => this.sweep());
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.task.stop();
    this.waiting.clear();
    const timer = setTimeout(() => {
      this.stopping.abort();
    }, SHUTDOWN_MS);
    await Promise.all(this.inProgress);
    clearTimeout(timer);
  }

  handle({ tenantId }: EmailMessageQueuedEvent): void {
    this.send(tenantId);
  }

  /** Looks for due and expired messages of all tenants; does nothing while the clock is unsteady. */
  async sweep(): Promise<void> {
    if (!this.databaseClock.isSteady()) return;
    let last: string | undefined = '';
    while (last !== undefined && !this.task.stopped) last = await this.sweepChunk(last);
  }

  private async sweepChunk(last: string): Promise<string | undefined> {
    const tenants = await this.messages.findDue(last, CHUNK_SIZE, this.clock.now());
    for (const { tenantId, canSend, hasExpired } of tenants) {
      if (hasExpired) await this.task.attempt(() => this.expire(tenantId));
      if (canSend) this.send(tenantId);
    }
    return tenants.length === CHUNK_SIZE ? tenants.at(-1)?.tenantId : undefined;
  }

  private async expire(tenantId: string): Promise<void> {
    while (!this.task.stopped && (await this.delivery.expire(tenantId, CHUNK_SIZE)) === CHUNK_SIZE);
  }

  private send(tenantId: string): void {
    if (!this.relay.isConfigured || this.task.stopped) return;
    this.waiting.add(tenantId);
    this.fillSlots();
  }

  /** Begins attempts for the waiting tenants in turn, as many as there are free slots. */
  private fillSlots(): void {
    const slots = this.config.settings.EMAIL_CONCURRENCY;
    for (const tenantId of this.waiting) {
      if (this.inProgress.size >= slots) return;
      const running = this.running.get(tenantId) ?? 0;
      if (running >= MAX_PER_TENANT || (running > 0 && this.inProgress.size >= Math.ceil(slots / 2))) continue;
      this.waiting.delete(tenantId);
      this.running.set(tenantId, running + 1);
      const attempt = this.task
        .attempt(() => this.sendNext(tenantId))
        .then(() => {
          this.inProgress.delete(attempt);
          const left = (this.running.get(tenantId) ?? 1) - 1;
          if (left === 0) this.running.delete(tenantId);
          else this.running.set(tenantId, left);
          this.fillSlots();
        });
      this.inProgress.add(attempt);
    }
  }

  private async sendNext(tenantId: string): Promise<void> {
    const timeoutMs = this.config.settings.EMAIL_ATTEMPT_TIMEOUT_MS;
    const signal = AbortSignal.any([AbortSignal.timeout(timeoutMs), this.stopping.signal]);
    const message = await this.lease(tenantId, timeoutMs);
    if (!message) return;
    // There may be more: they wait behind the other tenants.
    this.send(tenantId);
    await this.delivery.deliver(message, signal);
  }

  private lease(tenantId: string, timeoutMs: number): Promise<EmailMessage | undefined> {
    return this.unitOfWork.run(tenantId, (transaction) => {
      const now = this.clock.now();
      const leaseEnd = new Date(now.getTime() + LEASE_FACTOR * timeoutMs);
      return this.messages.lease(transaction, newId(), now, leaseEnd);
    });
  }
}
