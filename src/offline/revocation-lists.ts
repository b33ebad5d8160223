import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { LRUCache } from 'lru-cache';
import { Chore } from '../shared/chore.js';
import { Clock } from '../shared/clock.js';
import { UnitOfWork } from '../shared/events/unit-of-work.js';
import { Actor } from '../shared/tenancy/actor.js';
import { PublishRevocationListCommand } from './commands/publish-revocation-list.command.js';
import { toRevocationListResponse, type RevocationListResponse } from './revocation-list.dto.js';
import { MIN_AGE_MS } from './revocation-list.js';
import { RevocationListRepository } from './revocation-list.repository.js';

/** Seconds for which a process, and a cache in front of it, may return a list that was replaced. */
export const FRESH_S = MIN_AGE_MS / 1000;
/** So often a process compares the list with the licenses, because a process that stopped may not have published its changes. */
const COMPARED_MS = 60_000;
const MAX_TENANTS = 1_000;

interface Remembered {
  readonly list: Promise<RevocationListResponse>;
  readonly readAt: number;
  readonly comparedAt: number;
}

/** A publication that runs, or ran less than a second ago. */
interface Publication {
  again: boolean;
  done?: Promise<void>;
  timer?: NodeJS.Timeout;
}

/** Lists as everybody may ask for them, without a key: each is read once a second and process, however many ask. */
@Injectable()
export class RevocationLists implements BeforeApplicationShutdown {
  private readonly chore = new Chore(RevocationLists.name, 'Failed to publish a revocation list');
  private readonly lists = new LRUCache<string, Remembered>({ max: MAX_TENANTS });
  private readonly publications = new Map<string, Publication>();

  constructor(
    private readonly commands: CommandBus,
    private readonly clock: Clock,
    private readonly unitOfWork: UnitOfWork,
    private readonly repository: RevocationListRepository,
  ) {}

  async beforeApplicationShutdown(): Promise<void> {
    await this.chore.stop();
    for (const { timer } of this.publications.values()) clearTimeout(timer);
    for (const { done } of [...this.publications.values()]) await done;
  }

  get(tenantId: string): Promise<RevocationListResponse> {
    if (this.unitOfWork.isOpen) return this.publish(tenantId);
    const now = this.clock.now().getTime();
    const known = this.lists.get(tenantId);
    if (known && isWithin(FRESH_S * 1000, known.readAt, now)) return known.list;
    const isCompared = known !== undefined && isWithin(COMPARED_MS, known.comparedAt, now);
    const list = isCompared ? this.readLatest(tenantId, known.list) : this.publish(tenantId);
    const remembered = { list, readAt: now, comparedAt: isCompared ? known.comparedAt : now };
    this.lists.set(tenantId, remembered);
    list.catch(() => this.lists.peek(tenantId) === remembered && this.lists.delete(tenantId));
    return list;
  }

  /** A license was put on the list or taken off it. Publishes at once; the changes of the second after that make one list. */
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

  private publish(tenantId: string): Promise<RevocationListResponse> {
    return this.commands.execute(new PublishRevocationListCommand(Actor.service('revocation-list', tenantId)));
  }

  /** Returns whether another process published so recently that this change must wait. */
  private async publishChange(tenantId: string): Promise<boolean> {
    const now = this.clock.now().getTime();
    const isRead = await this.unitOfWork.read(tenantId, (transaction) => this.repository.exists(transaction));
    // Nobody has asked for a list of this tenant: whoever asks first gets it as it is then.
    if (!isRead) return false;
    const list = await this.publish(tenantId);
    this.lists.set(tenantId, { list: Promise.resolve(list), readAt: now, comparedAt: now });
    return Date.parse(list.issued_at) < now && isWithin(MIN_AGE_MS, Date.parse(list.issued_at), now);
  }

  private async readLatest(tenantId: string, known: Promise<RevocationListResponse>): Promise<RevocationListResponse> {
    const before = await known;
    const other = await this.unitOfWork.read(tenantId, (transaction) => this.repository.findOther(transaction, before));
    return other ? toRevocationListResponse(other) : before;
  }
}

function isWithin(milliseconds: number, since: number, now: number): boolean {
  return now >= since && now < since + milliseconds;
}
