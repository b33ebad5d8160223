import { Body, Controller, Get, Patch } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { CommandOptions } from '../shared/messaging/tenant-command.js';
import { DescribeChange, DescribeRead } from '../shared/http/api.decorators.js';
import { ChangeOptions } from '../shared/http/command-options.decorators.js';
import { CurrentActor, RequirePermission } from '../shared/access/access.decorators.js';
import { Actor } from '../shared/access/actor.js';
import { UpdateTenantCommand } from './commands/update-tenant.command.js';
import { GetTenantQuery } from './queries/get-tenant.query.js';
import { UpdateSettingsRequest } from './tenant.requests.js';
import { TenantResponse } from './tenant.response.js';

@ApiTags('Settings')
@Controller('v1/settings')
export class SettingsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @RequirePermission('settings:read')
  @DescribeRead({ operationId: 'getSettings', summary: 'Get tenant settings' })
  @ApiOkResponse({ standardSchema: TenantResponse })
  get(@CurrentActor() actor: Actor) {
    return this.queries.execute(new GetTenantQuery(actor));
  }

  @Patch()
  @RequirePermission('settings:write')
  @DescribeChange(
    { operationId: 'updateSettings', summary: 'Update tenant settings', description: 'JSON Merge Patch.' },
    { 409: ['FOREIGN_KEYS_EXIST'] },
  )
  @ApiOkResponse({ standardSchema: TenantResponse })
  update(
    @CurrentActor() actor: Actor,
    @Body({ schema: UpdateSettingsRequest }) body: UpdateSettingsRequest,
    @ChangeOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new UpdateTenantCommand(actor, body, options));
  }
}
