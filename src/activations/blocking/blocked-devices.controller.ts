import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { CurrentActor, RequirePermission } from '../../shared/access/access.decorators.js';
import { Actor } from '../../shared/access/actor.js';
import { ReasonRequest } from '../../shared/http/action-reason.js';
import { DescribeList, DescribeWrite } from '../../shared/http/api.decorators.js';
import { WriteOptions } from '../../shared/http/command-options.decorators.js';
import { UuidParameter } from '../../shared/http/schema.js';
import { ListOf } from '../../shared/http/streams/list.decorator.js';
import type { CommandOptions } from '../../shared/messaging/tenant-command.js';
import { BlockDeviceCommand } from './block-device.command.js';
import { BlockDeviceRequest, ListBlockedDevicesRequest } from './blocked-device.requests.js';
import { BlockedDevicePage, BlockedDeviceResponse } from './blocked-device.response.js';
import { ListBlockedDevicesQuery } from './list-blocked-devices.query.js';
import { UnblockDeviceCommand } from './unblock-device.command.js';

@ApiTags('Activations')
@Controller('v1/licenses/:license_id/blocked-devices')
export class BlockedDevicesController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @RequirePermission('activations:read')
  @DescribeList(
    { operationId: 'listBlockedDevices', summary: 'List blocked devices of a license', description: 'Newest first.' },
    { 404: ['LICENSE_NOT_FOUND'] },
  )
  @ListOf(BlockedDevicePage)
  list(
    @CurrentActor() actor: Actor,
    @Param('license_id', { schema: UuidParameter }) licenseId: string,
    @Query({ schema: ListBlockedDevicesRequest }) query: ListBlockedDevicesRequest,
  ) {
    return this.queries.execute(new ListBlockedDevicesQuery(actor, licenseId, query));
  }

  @Post()
  @HttpCode(200)
  @RequirePermission('devices:block')
  @DescribeWrite(
    {
      operationId: 'blockDevice',
      summary: 'Block a device',
      description:
        'Frees its seat at once, also one that a license file holds, which the revocation list then ends. Idempotent: returns the existing block.',
    },
    { 404: ['LICENSE_NOT_FOUND'] },
  )
  @ApiOkResponse({ standardSchema: BlockedDeviceResponse })
  block(
    @CurrentActor() actor: Actor,
    @Param('license_id', { schema: UuidParameter }) licenseId: string,
    @Body({ schema: BlockDeviceRequest }) body: BlockDeviceRequest,
    @WriteOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new BlockDeviceCommand(actor, licenseId, body, options));
  }

  @Delete(':blocked_device_id')
  @RequirePermission('devices:block')
  @DescribeWrite(
    {
      operationId: 'unblockDevice',
      summary: 'Unblock a device',
      description: 'Returns the block. The device has no seat until it is activated again.',
    },
    { 404: ['LICENSE_NOT_FOUND', 'BLOCKED_DEVICE_NOT_FOUND'] },
  )
  @ApiOkResponse({ standardSchema: BlockedDeviceResponse })
  unblock(
    @CurrentActor() actor: Actor,
    @Param('license_id', { schema: UuidParameter }) licenseId: string,
    @Param('blocked_device_id', { schema: UuidParameter }) blockedDeviceId: string,
    @Body({ schema: ReasonRequest }) body: ReasonRequest,
    @WriteOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new UnblockDeviceCommand(actor, licenseId, blockedDeviceId, body, options));
  }
}
