import { QueryBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { FindLicenseQuery, LicenseNotFoundError } from '../../licensing/index.js';
import { Clock } from '../../shared/time/clock.js';
import { ActivationNotFoundError } from '../activation.errors.js';
import { ActivationRepository } from '../activation.repository.js';
import { toActivationResponse } from '../activation.response.js';
import { GetActivationQuery } from './get-activation.query.js';

@QueryHandler(GetActivationQuery)
export class GetActivationHandler implements IQueryHandler<GetActivationQuery> {
  constructor(
    private readonly queries: QueryBus,
    private readonly activations: ActivationRepository,
    private readonly clock: Clock,
  ) {}

  async execute({ actor, licenseId, activationId }: GetActivationQuery) {
    const [license, activation] = await Promise.all([
      this.queries.execute(new FindLicenseQuery(actor, licenseId)),
      this.activations.find(actor.tenantId, activationId),
    ]);
    if (!license) throw new LicenseNotFoundError(licenseId);
    if (activation?.licenseId !== licenseId) throw new ActivationNotFoundError('fix_request');
    return toActivationResponse(activation, this.clock.now());
  }
}
