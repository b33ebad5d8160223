import { Controller, Get, Param, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { CurrentActor, RequirePermission } from '../shared/access/access.decorators.js';
import { Actor } from '../shared/access/actor.js';
import { DescribeRead } from '../shared/http/api.decorators.js';
import { UuidParameter } from '../shared/http/schema.js';
import { ListOf } from '../shared/http/streams/list.decorator.js';
import { LicenseFilePage } from './license-file-entry.response.js';
import { ListLicenseFilesRequest } from './license-file.requests.js';
import { ListLicenseFilesQuery } from './queries/list-license-files.query.js';

@ApiTags('Licenses')
@Controller('v1/licenses/:license_id/files')
export class LicenseFilesController {
  constructor(private readonly queries: QueryBus) {}

  @Get()
  @RequirePermission('licenses:read')
  @DescribeRead(
    {
      operationId: 'listLicenseFiles',
      summary: 'List the license files of a license',
      description: 'Newest first, as the event log has them.',
    },
    { 404: ['LICENSE_NOT_FOUND'] },
  )
  @ListOf(LicenseFilePage)
  list(
    @CurrentActor() actor: Actor,
    @Param('license_id', { schema: UuidParameter }) licenseId: string,
    @Query({ schema: ListLicenseFilesRequest }) query: ListLicenseFilesRequest,
  ) {
    return this.queries.execute(new ListLicenseFilesQuery(actor, licenseId, query));
  }
}
