import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { FollowEventsQuery, type LicenseEventResponse } from '../../audit/index.js';
import { Config } from '../../config.js';
import { FindLicenseQuery } from '../../licensing/index.js';
import { Actor } from '../../shared/access/actor.js';
import { PeriodicTask } from '../../shared/async/periodic-task.js';
import type { Transaction } from '../../shared/persistence/transaction.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { Clock } from '../../shared/time/clock.js';
import { DatabaseClock } from '../../shared/time/database-clock.js';
import { EmailIntake } from '../composing/email-intake.js';
import { EmailLimitReachedError, EmailRecipientMissingError } from '../email-message.errors.js';
import { EmailMessageRepository } from '../email-message.repository.js';
import { licenseIsAsAtMilestone } from '../milestone.js';
import { EmailCursors, type Follower } from './email-cursors.js';
import { FOLLOWED_EVENTS, licenseEmailOf } from './license-email.js';

/** Tenants per statement. */
const TENANT_CHUNK_SIZE = 500;
/** Events per transaction. */
const EVENT_CHUNK_SIZE = 50;

/**
 * Queues reminders and expiry mails by the event log, of tenants that switched them on. The cursor and the messages are stored in one transaction,
 * and a milestone has one message, so that a crash neither loses nor repeats one.
 */
@Injectable()
export class EmailFollower implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly task = new PeriodicTask(EmailFollower.name, 'Failed to queue reminders');

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly cursors: EmailCursors,
    private readonly messages: EmailMessageRepository,
    private readonly intake: EmailIntake,
    private readonly queries: QueryBus,
    private readonly clock: Clock,
    private readonly databaseClock: DatabaseClock,
    private readonly config: Config,
  ) {}

  onApplicationBootstrap(): void {
    this.task.every(this.config.settings.EMAIL_INTERVAL_MS, () => this.sweep());
    this.task.runSoon(() => this.sweep());
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.task.stop();
  }

  /** Follows the log of every tenant; does nothing while the clock is unsteady. A failure of one tenant does not stop the others. */
  async sweep(): Promise<void> {
    if (!this.databaseClock.isSteady()) return;
    let last: string | undefined = '';
    while (last !== undefined && !this.task.stopped) {
      const followers: Follower[] = await this.cursors.findFollowers(last, TENANT_CHUNK_SIZE);
      for (const follower of followers) await this.task.attempt(() => this.follow(follower));
      last = followers.length === TENANT_CHUNK_SIZE ? followers.at(-1)?.tenantId : undefined;
    }
  }

  private async follow(follower: Follower): Promise<void> {
    while (!this.task.stopped && (await this.followChunk(follower)));
  }

  /** Returns whether there may be more events. */
  private followChunk({ tenantId, settings }: Follower): Promise<boolean> {
    const actor = Actor.service('reminders', tenantId);
    return this.unitOfWork.run(tenantId, async (transaction) => {
      const after = await this.cursors.lock(transaction, this.clock.now());
      if (after === undefined) return false;
      const since = Object.values(settings.since ?? {}).sort()[0] ?? this.clock.now().toISOString();
      const filter = { after, types: FOLLOWED_EVENTS, since: new Date(since), limit: EVENT_CHUNK_SIZE };
      const { events, upTo } = await this.queries.execute(new FollowEventsQuery(actor, filter));
      let done = upTo;
      for (const event of events) {
        if (await this.queueFor(transaction, actor, event, settings)) continue;
        // The event waits for the next hour, and the cursor with it.
        done = String(event.seq - 1);
        break;
      }
      if (done !== after) this.cursors.move(transaction, done, this.clock.now());
      return done === upTo && events.length === EVENT_CHUNK_SIZE;
    });
  }

  /** Returns false if the tenant has reached its limit. A customer without an address gets no e-mail. */
  private async queueFor(
    transaction: Transaction,
    actor: Actor,
    event: LicenseEventResponse,
    settings: Follower['settings'],
  ): Promise<boolean> {
    const email = licenseEmailOf(event, settings);
    if (!email || (await this.messages.hasMilestone(transaction, email.milestone))) return true;
    const { template, licenseId, milestone } = email;
    const license = await this.queries.execute(new FindLicenseQuery(actor, licenseId));
    if (!licenseIsAsAtMilestone({ template, milestone }, license, this.clock.now())) return true;
    try {
      await this.intake.queue(transaction, actor, { template, license_id: licenseId, variables: {} }, { milestone });
    } catch (error) {
      if (error instanceof EmailLimitReachedError) return false;
      if (!(error instanceof EmailRecipientMissingError)) throw error;
    }
    return true;
  }
}
