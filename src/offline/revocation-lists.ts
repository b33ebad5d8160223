import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { LRUCache } from 'lru-cache';
import { Clock } from '../shared/clock.js';
import { UnitOfWork } from '../shared/events/unit-of-work.js';
import { Actor } from '../shared/tenancy/actor.js';
import { PublishRevocationListCommand } from './commands/publish-revocation-list.command.js';
import type { RevocationListResponse } from './revocation-list.dto.js';

export const FRESH_S = 60;
const MAX_TENANTS = 1_000;

interface Remembered {
  readonly list: Promise<RevocationListResponse>;
  readonly until: number;
}

/** Lists as everybody may ask for them, without a key: each is looked up once a minute and process, however many ask. */
@Injectable()
export class RevocationLists {
  private readonly lists = new LRUCache<string, Remembered>({ max: MAX_TENANTS });

  constructor(
    private readonly commands: CommandBus,
    private readonly clock: Clock,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  get(tenantId: string): Promise<RevocationListResponse> {
    const publish = new PublishRevocationListCommand(Actor.service('revocation-list', tenantId));
    if (this.unitOfWork.isOpen) return this.commands.execute(publish);
    const now = this.clock.now().getTime();
    const remembered = this.lists.get(tenantId);
    if (remembered && now < remembered.until && now >= remembered.until - FRESH_S * 1000) return remembered.list;
    const list = this.commands.execute(publish);
    this.lists.set(tenantId, { list, until: now + FRESH_S * 1000 });
    list.catch(() => this.lists.delete(tenantId));
    return list;
  }
}
