import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { Chore } from '../shared/chore.js';
import { UnitOfWork } from '../shared/events/unit-of-work.js';
import type { Actor } from '../shared/tenancy/actor.js';
import { SigningKeys } from './signing-keys.js';

/** Sees to it, off the request's path, that a tenant of whom a signature was wanted has a key that signs. */
@Injectable()
export class FirstKeys implements BeforeApplicationShutdown {
  private readonly chore = new Chore(FirstKeys.name, "A tenant's first signing key could not be made");
  private readonly underWay = new Map<string, Promise<void>>();

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly signingKeys: SigningKeys,
  ) {}

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.underWay.values());
  }

  see(actor: Actor): void {
    if (this.underWay.has(actor.tenantId)) return;
    this.underWay.set(
      actor.tenantId,
      this.activate(actor).finally(() => this.underWay.delete(actor.tenantId)),
    );
  }

  private activate(actor: Actor): Promise<void> {
    const activated = () =>
      this.unitOfWork.run(actor.tenantId, (transaction) => this.signingKeys.active(transaction, actor));
    return this.chore.attempt(activated);
  }
}
