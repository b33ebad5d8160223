import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../shared/persistence/unit-of-work.js';
import { TenantScopedRepository } from '../shared/persistence/tenant-scoped.repository.js';
import { Subscription } from './subscription.entity.js';

@Injectable()
export class SubscriptionRepository extends TenantScopedRepository<Subscription> {
  constructor(unitOfWork: UnitOfWork) {
    super(Subscription, 'subscriptionId', unitOfWork);
  }
}
