import { Injectable } from '@nestjs/common';
import { TenantScopedRepository } from '../shared/persistence/tenant-scoped.repository.js';
import { UnitOfWork } from '../shared/persistence/unit-of-work.js';
import { Session } from './session.entity.js';

@Injectable()
export class SessionRepository extends TenantScopedRepository<Session> {
  constructor(unitOfWork: UnitOfWork) {
    super(Session, 'sessionId', unitOfWork);
  }
}
