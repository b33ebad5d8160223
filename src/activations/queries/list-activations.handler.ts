import { QueryBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { FindLicenseQuery, LicenseNotFoundError } from '../../licensing/index.js';
import { Clock } from '../../shared/clock.js';
import { pageRequest, toPage } from '../../shared/http/paging.js';
import { UuidParameter } from '../../shared/http/schema.js';
import { equalities } from '../../shared/tenancy/tenant.repository.js';
import { toActivationResponse } from '../activation.dto.js';
import type { Activation } from '../activation.entity.js';
import { ActivationRepository } from '../activation.repository.js';
import { ListActivationsQuery } from './list-activations.query.js';

@QueryHandler(ListActivationsQuery)
export class ListActivationsHandler implements IQueryHandler<ListActivationsQuery> {
  constructor(
    private readonly queries: QueryBus,
    private readonly activations: ActivationRepository,
    private readonly clock: Clock,
  ) {}

  async execute({ actor, licenseId, request }: ListActivationsQuery) {
    const page = pageRequest(request, UuidParameter);
    if (!(await this.queries.execute(new FindLicenseQuery(actor, licenseId))))
      throw new LicenseNotFoundError(licenseId);
    const now = this.clock.now();
    const rows = await this.activations.list(actor.tenantId, equalities({ licenseId, status: request.status }), page);
    const position = ({ createdAt: at, activationId: id }: Activation) => ({ at, id });
    return toPage(rows, page, position, (activation) => toActivationResponse(activation, now));
  }
}
