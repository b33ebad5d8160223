import { Controller, Get, Param, UseGuards } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { CacheFor, DescribePublic } from '../shared/http/api.decorators.js';
import { AddressLimitGuard } from '../shared/access/address-limit.guard.js';
import { Public } from '../shared/access/access.decorators.js';
import { TenantId } from '../tenants/index.js';
import { GetRevocationListQuery } from './queries/get-revocation-list.query.js';
import { RevocationListResponse } from './revocation-list.response.js';

const MAX_AGE_S = 1;

@ApiTags('Client API')
@Public()
@Controller('v1/client/:tenant_id')
@UseGuards(AddressLimitGuard)
export class RevocationListController {
  constructor(private readonly queries: QueryBus) {}

  @Get('revocations')
  @CacheFor(MAX_AGE_S)
  @DescribePublic(
    {
      operationId: 'getRevocationList',
      summary: 'Get the signed revocation list',
      description: 'Revoked and suspended licenses, for devices that are offline for long.',
    },
    {
      400: ['VALIDATION_FAILED'],
      404: ['TENANT_NOT_FOUND'],
      429: ['RATE_LIMITED'],
      503: ['REVOCATION_LIST_NOT_READY'],
    },
  )
  @ApiOkResponse({ standardSchema: RevocationListResponse })
  get(@Param('tenant_id', { schema: TenantId }) tenantId: string) {
    return this.queries.execute(new GetRevocationListQuery(tenantId));
  }
}
