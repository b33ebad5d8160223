import { QueryBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { FindLicenseQuery, LicenseNotFoundError } from '../../licensing/index.js';
import { Paginator } from '../../shared/http/paginator.js';
import { equalities, indexedEqualities } from '../../shared/persistence/tenant-scoped.repository.js';
import { BlockedDeviceRepository } from './blocked-device.repository.js';
import { toBlockedDeviceResponse } from './blocked-device.response.js';
import { ListBlockedDevicesQuery } from './list-blocked-devices.query.js';

const IS_BLOCKED = { sql: 'item.endedAt IS NULL', parameters: {} };

@QueryHandler(ListBlockedDevicesQuery)
export class ListBlockedDevicesHandler implements IQueryHandler<ListBlockedDevicesQuery> {
  constructor(
    private readonly queries: QueryBus,
    private readonly blockedDevices: BlockedDeviceRepository,
    private readonly paginator: Paginator,
  ) {}

  async execute({ actor, licenseId, request }: ListBlockedDevicesQuery) {
    const scope = { tenantId: actor.tenantId, list: 'blocked-devices', of: licenseId };
    const page = this.paginator.request(scope, request);
    if (!(await this.queries.execute(new FindLicenseQuery(actor, licenseId))))
      throw new LicenseNotFoundError(licenseId);
    const conditions = [
      ...indexedEqualities({ licenseId }),
      ...equalities({ fingerprint: request.fingerprint }),
      IS_BLOCKED,
    ];
    const rows = await this.blockedDevices.list(actor.tenantId, conditions, page);
    return this.paginator.page(
      rows,
      page,
      ({ createdAt: at, blockedDeviceId: id }) => ({ at, id }),
      toBlockedDeviceResponse,
    );
  }
}
