import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { ActivationRepository } from '../activation.repository.js';
import { DeactivationCounter } from '../deactivation-counter.js';
import { FindSeatReleaseQuery } from './find-seat-release.query.js';

@QueryHandler(FindSeatReleaseQuery)
export class FindSeatReleaseHandler implements IQueryHandler<FindSeatReleaseQuery> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly activations: ActivationRepository,
    private readonly deactivations: DeactivationCounter,
  ) {}

  execute({ actor, license, fingerprint, missing, now }: FindSeatReleaseQuery) {
    return this.unitOfWork.read(actor.tenantId, async (transaction) => {
      const [release, deactivationsUntil] = await Promise.all([
        this.activations.release(transaction, license, fingerprint, missing, now),
        this.deactivations.forbiddenUntil(transaction, license, now),
      ]);
      return release.deactivateCount ? { ...release, deactivationsUntil } : release;
    });
  }
}
