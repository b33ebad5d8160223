import { QueryBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { ListEventsQuery } from '../../audit/index.js';
import { FindLicenseQuery, LicenseNotFoundError } from '../../licensing/index.js';
import { toLicenseFileEntry } from '../license-file-entry.response.js';
import { ListLicenseFilesQuery } from './list-license-files.query.js';

@QueryHandler(ListLicenseFilesQuery)
export class ListLicenseFilesHandler implements IQueryHandler<ListLicenseFilesQuery> {
  constructor(private readonly queries: QueryBus) {}

  async execute({ actor, licenseId, request }: ListLicenseFilesQuery) {
    if (!(await this.queries.execute(new FindLicenseQuery(actor, licenseId))))
      throw new LicenseNotFoundError(licenseId);
    const events = { ...request, order: 'desc', license_id: licenseId, event_type: 'license.checked_out' } as const;
    const { data, next_cursor } = await this.queries.execute(new ListEventsQuery(actor, events));
    return { data: data.map(toLicenseFileEntry), next_cursor };
  }
}
