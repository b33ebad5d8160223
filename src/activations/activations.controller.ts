import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiBody, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { LicenseActionRequest } from '../licensing/index.js';
import type { CommandOptions } from '../shared/messaging/tenant-command.js';
import { DescribeList, DescribeRead, DescribeWrite } from '../shared/http/api.decorators.js';
import { WriteOptions } from '../shared/http/command-options.decorators.js';
import { ListOf } from '../shared/http/streams/list.decorator.js';
import { UuidParameter } from '../shared/http/schema.js';
import { CurrentActor, RequirePermission } from '../shared/access/access.decorators.js';
import { Actor } from '../shared/access/actor.js';
import { ActivateRequest, ListActivationsRequest } from './activation.requests.js';
import { ActivateDeviceCommand } from './commands/activate-device.command.js';
import { DeactivateDeviceCommand } from './commands/deactivate-device.command.js';
import { ResetActivationsCommand } from './commands/reset-activations.command.js';
import { GetActivationQuery } from './queries/get-activation.query.js';
import { ListActivationsQuery } from './queries/list-activations.query.js';
import { ActivationPage, ActivationResponse, ActivationsReset } from './activation.response.js';

/** Activations as the vendor manages them. Programs with a license key use the client API. */
@ApiTags('Activations')
@Controller('v1/licenses/:license_id')
export class ActivationsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get('activations')
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

  @Post('activations')
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
      403: ['DEVICE_BLOCKED'],
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

  @Get('activations/:activation_id')
  @RequirePermission('activations:read')
  @DescribeRead(
    { operationId: 'getActivation', summary: 'Get an activation' },
    { 404: ['LICENSE_NOT_FOUND', 'ACTIVATION_NOT_FOUND'] },
  )
  @ApiOkResponse({ standardSchema: ActivationResponse })
  get(
    @CurrentActor() actor: Actor,
    @Param('license_id', { schema: UuidParameter }) licenseId: string,
    @Param('activation_id', { schema: UuidParameter }) activationId: string,
  ) {
    return this.queries.execute(new GetActivationQuery(actor, licenseId, activationId));
  }

  @Post('activations::reset')
  @HttpCode(200)
  @RequirePermission('activations:write')
  @DescribeWrite(
    {
      operationId: 'resetActivations',
      summary: 'Deactivate all devices of a license',
      description: 'Frees all seats, except those that license files hold.',
    },
    { 404: ['LICENSE_NOT_FOUND'] },
  )
  @ApiBody({ required: false })
  @ApiOkResponse({ standardSchema: ActivationsReset })
  reset(
    @CurrentActor() actor: Actor,
    @Param('license_id', { schema: UuidParameter }) licenseId: string,
    @Body({ schema: LicenseActionRequest.optional() }) body: LicenseActionRequest | undefined,
    @WriteOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new ResetActivationsCommand(actor, licenseId, options, body));
  }

  @Post('activations/:activation_id/deactivate')
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
