import { Body, Controller, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { CommandOptions } from '../shared/messaging/tenant-command.js';
import { CreatedAt, DescribeChange, DescribeList, DescribeRead, DescribeWrite } from '../shared/http/api.decorators.js';
import { ChangeOptions, WriteOptions } from '../shared/http/command-options.decorators.js';
import { ListOf } from '../shared/http/streams/list.decorator.js';
import { CurrentPlatformActor, RequirePermission } from '../shared/access/access.decorators.js';
import { PlatformActor } from '../shared/access/actor.js';
import { CreateTenantCommand } from './commands/create-tenant.command.js';
import { UpdateTenantCommand } from './commands/update-tenant.command.js';
import { GetTenantQuery } from './queries/get-tenant.query.js';
import { ListTenantsQuery } from './queries/list-tenants.query.js';
import { CreateTenantRequest, ListTenantsRequest, TenantId, UpdateTenantRequest } from './tenant.requests.js';
import { TenantPage, TenantResponse } from './tenant.response.js';

@ApiTags('Tenants')
@Controller('v1/tenants')
export class TenantsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post()
  @RequirePermission('tenants:write')
  @DescribeWrite(
    { operationId: 'createTenant', summary: 'Create a tenant', description: 'Needs a platform key.' },
    { 409: ['TENANT_EXISTS'] },
  )
  @CreatedAt('/v1/tenants', 'tenant_id')
  @ApiCreatedResponse({ standardSchema: TenantResponse })
  create(
    @CurrentPlatformActor() actor: PlatformActor,
    @Body({ schema: CreateTenantRequest }) body: CreateTenantRequest,
    @WriteOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new CreateTenantCommand(actor, body, options));
  }

  @Get()
  @RequirePermission('tenants:read')
  @DescribeList({
    operationId: 'listTenants',
    summary: 'List tenants',
    description: 'Newest first. Needs a platform key.',
  })
  @ListOf(TenantPage)
  list(@CurrentPlatformActor() actor: PlatformActor, @Query({ schema: ListTenantsRequest }) query: ListTenantsRequest) {
    return this.queries.execute(new ListTenantsQuery(actor, query));
  }

  @Get(':tenant_id')
  @RequirePermission('tenants:read')
  @DescribeRead({ operationId: 'getTenant', summary: 'Get a tenant', description: 'Needs a platform key.' })
  @ApiOkResponse({ standardSchema: TenantResponse })
  get(@CurrentPlatformActor() actor: PlatformActor, @Param('tenant_id', { schema: TenantId }) tenantId: string) {
    return this.queries.execute(new GetTenantQuery(actor.actFor(tenantId)));
  }

  @Patch(':tenant_id')
  @RequirePermission('tenants:write')
  @DescribeChange(
    {
      operationId: 'updateTenant',
      summary: 'Update a tenant',
      description: 'JSON Merge Patch. Also suspends and reinstates it. Needs a platform key.',
    },
    { 409: ['FOREIGN_KEYS_EXIST'] },
  )
  @ApiOkResponse({ standardSchema: TenantResponse })
  update(
    @CurrentPlatformActor() actor: PlatformActor,
    @Param('tenant_id', { schema: TenantId }) tenantId: string,
    @Body({ schema: UpdateTenantRequest }) body: UpdateTenantRequest,
    @ChangeOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new UpdateTenantCommand(actor.actFor(tenantId), body, options));
  }
}
