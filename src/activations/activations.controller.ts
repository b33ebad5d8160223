import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiBody, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { LicenseActionRequest } from '../licensing/index.js';
import type { CommandOptions } from '../shared/messaging/tenant-command.js';
import { DescribeList, DescribeWrite } from '../shared/http/api.decorators.js';
import { WriteOptions } from '../shared/http/command-options.decorators.js';
import { ListOf } from '../shared/http/streams/list.decorator.js';
import { UuidParameter } from '../shared/http/schema.js';
import { CurrentActor, RequirePermission } from '../shared/access/access.decorators.js';
import { Actor } from '../shared/access/actor.js';
import { ActivateRequest, ListActivationsRequest } from './activation.requests.js';
import { ActivateDeviceCommand } from './commands/activate-device.command.js';
import { DeactivateDeviceCommand } from './commands/deactivate-device.command.js';
import { ListActivationsQuery } from './queries/list-activations.query.js';
import { ActivationPage, ActivationResponse } from './activation.response.js';

/** Activations as the vendor manages them. Programs with a license key use the client API. */
@ApiTags('Activations')
@Controller('v1/licenses/:license_id/activations')
export class ActivationsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @RequirePermission('activations:read')
  @DescribeList(
    { operationId: 'listActivations', summary: 'List activations of a license', description: 'Newest first.' },
    { 404: ['LICENSE_NOT_FOUND'] },
  )
  @ListOf(ActivationPage)
  list(
    @CurrentActor() actor: Actor,
    @Param('license_id', { schema: UuidParameter }) licenseId: string,
    @Query({ schema: ListActivationsRequest }) query: ListActivationsRequest,
  ) {
    return this.queries.execute(new ListActivationsQuery(actor, licenseId, query));
  }

  @Post()
  @HttpCode(200)
  @RequirePermission('activations:write')
  @DescribeWrite(
    {
      operationId: 'createActivation',
      summary: 'Activate a device',
      description: "Idempotent: returns the device's existing activation.",
    },
    {
      404: ['LICENSE_NOT_FOUND'],
      409: ['LICENSE_STATE', 'ACTIVATION_LIMIT_REACHED'],
    },
  )
  @ApiOkResponse({ standardSchema: ActivationResponse })
  activate(
    @CurrentActor() actor: Actor,
    @Param('license_id', { schema: UuidParameter }) licenseId: string,
    @Body({ schema: ActivateRequest }) body: ActivateRequest,
    @WriteOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new ActivateDeviceCommand(actor, licenseId, body, options));
  }

  @Post(':activation_id/deactivate')
  @HttpCode(200)
  @RequirePermission('activations:write')
  @DescribeWrite(
    { operationId: 'deactivateActivation', summary: 'Deactivate a device', description: 'Frees its seat. Idempotent.' },
    {
      404: ['LICENSE_NOT_FOUND', 'ACTIVATION_NOT_FOUND'],
      409: ['SEAT_LENT'],
    },
  )
  @ApiBody({ required: false })
  @ApiOkResponse({ standardSchema: ActivationResponse })
  deactivate(
    @CurrentActor() actor: Actor,
    @Param('license_id', { schema: UuidParameter }) licenseId: string,
    @Param('activation_id', { schema: UuidParameter }) activationId: string,
    @Body({ schema: LicenseActionRequest.optional() }) body: LicenseActionRequest | undefined,
    @WriteOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new DeactivateDeviceCommand(actor, licenseId, { activationId }, options, body));
  }
}
