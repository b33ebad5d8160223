import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { PartnerNotFoundError } from '../partner.errors.js';
import { PartnerRepository } from '../partner.repository.js';
import { toPartnerResponse } from '../partner.response.js';
import { GetPartnerQuery } from './get-partner.query.js';

@QueryHandler(GetPartnerQuery)
export class GetPartnerHandler implements IQueryHandler<GetPartnerQuery> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly partners: PartnerRepository,
  ) {}

  async execute({ actor, partnerId }: GetPartnerQuery) {
    const partner = await this.unitOfWork.readAs(actor, () => this.partners.find(actor.tenantId, partnerId));
    if (!partner) throw new PartnerNotFoundError(partnerId);
    return toPartnerResponse(partner);
  }
}
