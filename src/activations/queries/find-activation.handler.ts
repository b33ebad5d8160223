import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { ActivationRepository } from '../activation.repository.js';
import { FindActivationQuery } from './find-activation.query.js';

@QueryHandler(FindActivationQuery)
export class FindActivationHandler implements IQueryHandler<FindActivationQuery> {
  constructor(private readonly activations: ActivationRepository) {}

  execute({ actor, licenseId, fingerprint }: FindActivationQuery) {
    return this.activations.findDevice(actor.tenantId, licenseId, fingerprint);
  }
}
