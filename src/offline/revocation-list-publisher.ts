import { Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { CommandBus, EventsHandler, type IEventHandler } from '@nestjs/cqrs';
import { Config } from '../config.js';
import { PeriodicTask } from '../shared/async/periodic-task.js';
import { Clock } from '../shared/time/clock.js';
import { UnitOfWork } from '../shared/persistence/unit-of-work.js';
import type { IntegrationEvent } from '../shared/messaging/integration-event.js';
import { Actor } from '../shared/access/actor.js';
import { SigningKeyActivatedEvent, SigningKeyRetiredEvent, SigningKeyRevokedEvent } from '../signing/index.js';
import { TenantCreatedEvent } from '../tenants/index.js';
import { PublishRevocationListCommand } from './commands/publish-revocation-list.command.js';
import type { RevocationListResponse } from './revocation-list.response.js';
import { MIN_AGE_MS } from './revocation-list.js';
import { RevocationListRepository } from './revocation-list.repository.js';

/** Tenants per statement. */
const CHUNK_SIZE = 500;

/** A pending list after a license change. */
interface Publication {
  again: boolean;
  done?: Promise<void>;
  timer?: NodeJS.Timeout;
}

/**
 * Signs revocation lists in the background, so that reads write nothing: at once for a new tenant, key changes and license changes (at
 * most one per second), and every few seconds for tenants with such changes of which no list was signed, because a process had stopped.
 */
@EventsHandler(TenantCreatedEvent, SigningKeyActivatedEvent, SigningKeyRetiredEvent, SigningKeyRevokedEvent)
export class RevocationListPublisher
  implements IEventHandler<IntegrationEvent>, OnApplicationBootstrap, BeforeApplicationShutdown
{
  private readonly logger = new Logger(RevocationListPublisher.name);
  private readonly task = new PeriodicTask(RevocationListPublisher.name, 'Failed to look for revocation lists to sign');
  /** Tenants whose list is being signed after a license change, or was signed less than a second ago. */
  private readonly publications = new Map<string, Publication>();
  /** Chain of the lists that other events requested. */
  private requested: Promise<void> = Promise.resolve();

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly commands: CommandBus,
    private readonly lists: RevocationListRepository,
    private readonly clock: Clock,
    private readonly config: Config,
  ) {}

  onApplicationBootstrap(): void {
    this.task.every(this.config.settings.REVOCATION_LIST_INTERVAL_MS, () => this.sweep());
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.task.stop();
    for (const { timer } of this.publications.values()) clearTimeout(timer);
    await Promise.all([this.requested, ...[...this.publications.values()].map(({ done }) => done)]);
  }

  handle({ tenantId }: IntegrationEvent): void {
    this.requested = this.requested.then(() => this.publish(tenantId)).then(() => undefined);
  }

  /** Schedules a list after a license change. The changes of one second share one list. */
  changed(tenantId: string): void {
    const running = this.publications.get(tenantId);
    if (running) {
      running.again = true;
      return;
    }
    if (this.task.stopped) return;
    const publication: Publication = { again: false };
    this.publications.set(tenantId, publication);
    publication.done = this.task.attempt(async () => {
      if (await this.publishChange(tenantId)) publication.again = true;
    });
    void publication.done.then(() => {
      publication.timer = setTimeout(() => {
        this.publications.delete(tenantId);
        if (publication.again) this.changed(tenantId);
      }, MIN_AGE_MS).unref();
    });
  }

  /** Signs every list that is due. A failure of one tenant does not affect the others. */
  async sweep(): Promise<void> {
    let last: string | undefined = '';
    while (last !== undefined) last = await this.sweepChunk(last);
  }

  /** Returns the last tenant of the chunk, or undefined if no tenant follows. */
  private async sweepChunk(last: string): Promise<string | undefined> {
    const tenants = await this.lists.findDue(last, CHUNK_SIZE, this.clock.now());
    for (const { tenantId, isDue } of tenants) {
      if (this.task.stopped) return undefined;
      if (isDue) await this.publish(tenantId);
    }
    return tenants.length === CHUNK_SIZE ? tenants.at(-1)?.tenantId : undefined;
  }

  /** Logs a failure as a warning and returns undefined. */
  async publish(tenantId: string): Promise<RevocationListResponse | undefined> {
    const actor = Actor.service('revocation-list', tenantId);
    return this.commands.execute(new PublishRevocationListCommand(actor)).catch((error: unknown) => {
      this.logger.warn(`Failed to sign the revocation list of ${tenantId}: ${String(error)}`);
      return undefined;
    });
  }

  /** Returns whether the last list is so recent that this change must wait. The sweep creates first lists. */
  private async publishChange(tenantId: string): Promise<boolean> {
    const now = this.clock.now().getTime();
    const exists = await this.unitOfWork.read(tenantId, (transaction) => this.lists.exists(transaction));
    const list = exists ? await this.publish(tenantId) : undefined;
    const signedAt = list ? Date.parse(list.issued_at) : now;
    return signedAt < now && now < signedAt + MIN_AGE_MS;
  }
}
