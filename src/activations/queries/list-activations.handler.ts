import { QueryBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { FindLicenseQuery, LicenseNotFoundError } from '../../licensing/index.js';
import { Clock } from '../../shared/time/clock.js';
import { Paginator } from '../../shared/http/paginator.js';
import { equalities, indexedEqualities, type Condition } from '../../shared/persistence/tenant-scoped.repository.js';
import type { Activation } from '../activation.entity.js';
import { ActivationRepository } from '../activation.repository.js';
import { ListActivationsQuery } from './list-activations.query.js';
import type { ActivationStatus } from '../activation-status.js';
import { toActivationResponse } from '../activation.response.js';

@QueryHandler(ListActivationsQuery)
export class ListActivationsHandler implements IQueryHandler<ListActivationsQuery> {
  constructor(
    private readonly queries: QueryBus,
    private readonly activations: ActivationRepository,
    private readonly clock: Clock,
    private readonly paginator: Paginator,
  ) {}

  async execute({ actor, licenseId, request }: ListActivationsQuery) {
    const page = this.paginator.request({ tenantId: actor.tenantId, list: 'activations', of: licenseId }, request);
    if (!(await this.queries.execute(new FindLicenseQuery(actor, licenseId))))
      throw new LicenseNotFoundError(licenseId);
    const now = this.clock.now();
    const conditions = [...indexedEqualities({ licenseId }), ...inStatus(request.status, now)];
    const rows = await this.activations.list(actor.tenantId, conditions, page);
    const position = ({ createdAt: at, activationId: id }: Activation) => ({ at, id });
    return this.paginator.page(rows, page, position, (activation) => toActivationResponse(activation, now));
  }
}

/** Returns `Activation.statusAt` as SQL conditions. */
function inStatus(status: ActivationStatus | undefined, now: Date): Condition[] {
  const leaseEnded = { sql: 'item.leaseExpiresAt <= :now', parameters: { now } };
  if (status === 'ACTIVE')
    return [...equalities({ status }), { ...leaseEnded, sql: `(${leaseEnded.sql}) IS NOT TRUE` }];
  if (status === 'EXPIRED')
    return [{ ...leaseEnded, sql: `item.status = 'EXPIRED' OR item.status = 'ACTIVE' AND ${leaseEnded.sql}` }];
  return equalities({ status });
}
