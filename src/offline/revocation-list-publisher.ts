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

/** Tenants that one statement looks at. */
const CHUNK_SIZE = 500;

/** A list that changes of licenses asked for. */
interface Publication {
  again: boolean;
  done?: Promise<void>;
  timer?: NodeJS.Timeout;
}

/**
 * Signs revocation lists in the background, so that nobody who reads one writes anything: every few seconds for tenants in whose log
 * something happened, at once for a new tenant, which thereby gets its first key, and for a change of keys, and for a change of licenses at
 * once, but not before a second has passed since the last list.
 */
@EventsHandler(TenantCreatedEvent, SigningKeyActivatedEvent, SigningKeyRetiredEvent, SigningKeyRevokedEvent)
export class RevocationListPublisher
  implements IEventHandler<IntegrationEvent>, OnApplicationBootstrap, BeforeApplicationShutdown
{
  private readonly logger = new Logger(RevocationListPublisher.name);
  private readonly chore = new PeriodicTask(
    RevocationListPublisher.name,
    'Failed to look for revocation lists to sign',
  );
  /** Changes of licenses of which a list is signed, or was less than a second ago. */
  private readonly publications = new Map<string, Publication>();
  /** Lists that other events asked for, one after another. */
  private requested: Promise<void> = Promise.resolve();

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly commands: CommandBus,
    private readonly lists: RevocationListRepository,
    private readonly clock: Clock,
    private readonly config: Config,
  ) {}

  onApplicationBootstrap(): void {
    this.chore.every(this.config.settings.REVOCATION_LIST_INTERVAL_MS, () => this.sweep());
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.chore.stop();
    for (const { timer } of this.publications.values()) clearTimeout(timer);
    await Promise.all([this.requested, ...[...this.publications.values()].map(({ done }) => done)]);
  }

  handle({ tenantId }: IntegrationEvent): void {
    this.requested = this.requested.then(() => this.publish(tenantId)).then(() => undefined);
  }

  /** A license was put on the list or taken off it. The changes of a second make one list. */
  changed(tenantId: string): void {
    const running = this.publications.get(tenantId);
    if (running) {
      running.again = true;
      return;
    }
    if (this.chore.stopped) return;
    const publication: Publication = { again: false };
    this.publications.set(tenantId, publication);
    publication.done = this.chore.attempt(async () => {
      if (await this.publishChange(tenantId)) publication.again = true;
    });
    void publication.done.then(() => {
      publication.timer = setTimeout(() => {
        this.publications.delete(tenantId);
        if (publication.again) this.changed(tenantId);
      }, MIN_AGE_MS).unref();
    });
  }

  /** Every list that is due. A failure for one tenant does not keep it from the others. */
  async sweep(): Promise<void> {
    let last: string | undefined = '';
    while (last !== undefined) last = await this.sweepChunk(last);
  }

  /** Returns the last tenant that was looked at, if there may be more. */
  private async sweepChunk(last: string): Promise<string | undefined> {
    const tenants = await this.lists.findDue(last, CHUNK_SIZE, this.clock.now());
    for (const { tenantId, isDue } of tenants) {
      if (this.chore.stopped) return undefined;
      if (isDue) await this.publish(tenantId);
    }
    return tenants.length === CHUNK_SIZE ? tenants.at(-1)?.tenantId : undefined;
  }

  /** A failure is a warning. */
  async publish(tenantId: string): Promise<RevocationListResponse | undefined> {
    const actor = Actor.service('revocation-list', tenantId);
    return this.commands.execute(new PublishRevocationListCommand(actor)).catch((error: unknown) => {
      this.logger.warn(`Failed to sign the revocation list of ${tenantId}: ${String(error)}`);
      return undefined;
    });
  }

  /** Returns whether the list was signed so recently that this change must wait. A first list is for the sweep. */
  private async publishChange(tenantId: string): Promise<boolean> {
    const now = this.clock.now().getTime();
    const exists = await this.unitOfWork.read(tenantId, (transaction) => this.lists.exists(transaction));
    const list = exists ? await this.publish(tenantId) : undefined;
    const signedAt = list ? Date.parse(list.issued_at) : now;
    return signedAt < now && now < signedAt + MIN_AGE_MS;
  }
}
