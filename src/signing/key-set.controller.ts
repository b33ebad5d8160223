import { Controller, Get, Param, UseGuards } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { CacheFor, DescribePublic } from '../shared/http/api.decorators.js';
import { AddressLimitGuard } from '../shared/access/address-limit.guard.js';
import { Public } from '../shared/access/access.decorators.js';
import { TenantId } from '../tenants/index.js';
import { GetKeySetQuery } from './queries/get-key-set.query.js';
import { KeySet } from './signing-key.response.js';

const MAX_AGE_S = 300;

@ApiTags('Client API')
@Public()
@Controller('v1/client/:tenant_id')
@UseGuards(AddressLimitGuard)
export class KeySetController {
  constructor(private readonly queries: QueryBus) {}

  @Get('jwks.json')
  @CacheFor(MAX_AGE_S)
  @DescribePublic(
    { operationId: 'getKeySet', summary: 'Get the public signing keys', description: 'JWK Set (RFC 7517).' },
    {
      400: ['VALIDATION_FAILED'],
      404: ['TENANT_NOT_FOUND'],
      429: ['RATE_LIMITED'],
    },
  )
  @ApiOkResponse({ standardSchema: KeySet })
  get(@Param('tenant_id', { schema: TenantId }) tenantId: string) {
    return this.queries.execute(new GetKeySetQuery(tenantId));
  }
}
