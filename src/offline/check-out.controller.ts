import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { CommandOptions } from '../shared/messaging/tenant-command.js';
import { DescribeWrite } from '../shared/http/api.decorators.js';
import { WriteOptions } from '../shared/http/command-options.decorators.js';
import { UuidParameter } from '../shared/http/schema.js';
import { CurrentActor, RequirePermission } from '../shared/access/access.decorators.js';
import { Actor } from '../shared/access/actor.js';
import { CheckOutLicenseCommand } from './commands/check-out-license.command.js';
import { CheckOutRequest } from './license-file.requests.js';
import { LicenseFileResponse } from './license-file.response.js';

/** License files for the vendor's staff, who pass them to a machine without a connection to the server. */
@ApiTags('Licenses')
@Controller('v1/licenses/:license_id/check-out')
export class CheckOutController {
  constructor(private readonly commands: CommandBus) {}

  @Post()
  @HttpCode(200)
  @RequirePermission('licenses:check-out')
  @DescribeWrite(
    {
      operationId: 'checkOutLicense',
      summary: 'Create a license file',
      description: 'A signed document that a program verifies offline.',
    },
    {
      403: ['DEVICE_BLOCKED'],
      404: ['LICENSE_NOT_FOUND'],
      409: ['LICENSE_STATE', 'ACTIVATION_LIMIT_REACHED', 'NO_ACTIVE_SIGNING_KEY'],
    },
  )
  @ApiOkResponse({ standardSchema: LicenseFileResponse })
  checkOut(
    @CurrentActor() actor: Actor,
    @Param('license_id', { schema: UuidParameter }) licenseId: string,
    @Body({ schema: CheckOutRequest }) body: CheckOutRequest,
    @WriteOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new CheckOutLicenseCommand(actor, licenseId, body, options));
  }
}
