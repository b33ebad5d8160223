import { Body, Controller, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { CurrentActor, OpenToPartners, RequirePermission } from '../../shared/access/access.decorators.js';
import { Actor } from '../../shared/access/actor.js';
import {
  CreatedAt,
  DescribeChange,
  DescribeList,
  DescribeRead,
  DescribeWrite,
} from '../../shared/http/api.decorators.js';
import { ChangeOptions, WriteOptions } from '../../shared/http/command-options.decorators.js';
import { UuidParameter } from '../../shared/http/schema.js';
import { ListOf } from '../../shared/http/streams/list.decorator.js';
import type { CommandOptions } from '../../shared/messaging/tenant-command.js';
import { AllotLicensesCommand } from './allot-licenses.command.js';
import { CreateLicensePoolCommand } from './create-license-pool.command.js';
import { GetLicensePoolQuery } from './get-license-pool.query.js';
import {
  AllotLicensesRequest,
  CreateLicensePoolRequest,
  ListLicensePoolsRequest,
  ListPoolEntriesRequest,
  UpdateLicensePoolRequest,
} from './license-pool.requests.js';
import { LicensePoolPage, LicensePoolResponse, PoolEntryPage } from './license-pool.response.js';
import { ListLicensePoolsQuery } from './list-license-pools.query.js';
import { ListPoolEntriesQuery } from './list-pool-entries.query.js';
import { UpdateLicensePoolCommand } from './update-license-pool.command.js';

const NOT_FOUND = { 404: ['POOL_NOT_FOUND'] } as const;

@ApiTags('License pools')
@Controller('v1/license-pools')
export class LicensePoolsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post()
  @RequirePermission('partners:write')
  @DescribeWrite(
    {
      operationId: 'createLicensePool',
      summary: 'Create a license pool',
      description: 'Licenses of a template that a partner may issue.',
    },
    { 404: ['PARTNER_NOT_FOUND', 'TEMPLATE_NOT_FOUND'] },
  )
  @CreatedAt('/v1/license-pools', 'pool_id')
  @ApiCreatedResponse({ standardSchema: LicensePoolResponse })
  create(
    @CurrentActor() actor: Actor,
    @Body({ schema: CreateLicensePoolRequest }) body: CreateLicensePoolRequest,
    @WriteOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new CreateLicensePoolCommand(actor, body, options));
  }

  @Get()
  @OpenToPartners()
  @RequirePermission('partners:read')
  @DescribeList({ operationId: 'listLicensePools', summary: 'List license pools', description: 'Newest first.' })
  @ListOf(LicensePoolPage)
  list(@CurrentActor() actor: Actor, @Query({ schema: ListLicensePoolsRequest }) query: ListLicensePoolsRequest) {
    return this.queries.execute(new ListLicensePoolsQuery(actor, query));
  }

  @Get(':pool_id')
  @OpenToPartners()
  @RequirePermission('partners:read')
  @DescribeRead(
    { operationId: 'getLicensePool', summary: 'Get a license pool', description: 'With its balance.' },
    NOT_FOUND,
  )
  @ApiOkResponse({ standardSchema: LicensePoolResponse })
  get(@CurrentActor() actor: Actor, @Param('pool_id', { schema: UuidParameter }) poolId: string) {
    return this.queries.execute(new GetLicensePoolQuery(actor, poolId));
  }

  @Patch(':pool_id')
  @RequirePermission('partners:write')
  @DescribeChange(
    { operationId: 'updateLicensePool', summary: 'Update a license pool', description: 'JSON Merge Patch.' },
    NOT_FOUND,
  )
  @ApiOkResponse({ standardSchema: LicensePoolResponse })
  update(
    @CurrentActor() actor: Actor,
    @Param('pool_id', { schema: UuidParameter }) poolId: string,
    @Body({ schema: UpdateLicensePoolRequest }) body: UpdateLicensePoolRequest,
    @ChangeOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new UpdateLicensePoolCommand(actor, poolId, body, options));
  }

  @Post(':pool_id/allot')
  @HttpCode(200)
  @RequirePermission('partners:write')
  @DescribeChange(
    {
      operationId: 'allotLicenses',
      summary: 'Allot licenses to a pool',
      description: 'A negative quantity takes licenses out that are available.',
    },
    { ...NOT_FOUND, 409: ['POOL_EXHAUSTED', 'POOL_EXPIRED'] },
  )
  @ApiOkResponse({ standardSchema: LicensePoolResponse })
  allot(
    @CurrentActor() actor: Actor,
    @Param('pool_id', { schema: UuidParameter }) poolId: string,
    @Body({ schema: AllotLicensesRequest }) body: AllotLicensesRequest,
    @ChangeOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new AllotLicensesCommand(actor, poolId, body, options));
  }

  @Get(':pool_id/entries')
  @OpenToPartners()
  @RequirePermission('partners:read')
  @DescribeList(
    {
      operationId: 'listPoolEntries',
      summary: 'List the ledger of a license pool',
      description: 'Latest entry first. Entries are never changed.',
    },
    NOT_FOUND,
  )
  @ListOf(PoolEntryPage)
  entries(
    @CurrentActor() actor: Actor,
    @Param('pool_id', { schema: UuidParameter }) poolId: string,
    @Query({ schema: ListPoolEntriesRequest }) query: ListPoolEntriesRequest,
  ) {
    return this.queries.execute(new ListPoolEntriesQuery(actor, poolId, query));
  }
}
