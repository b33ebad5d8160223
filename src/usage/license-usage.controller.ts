import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { CurrentActor, RequirePermission } from '../shared/access/access.decorators.js';
import { Actor } from '../shared/access/actor.js';
import { DescribeRead, DescribeWrite } from '../shared/http/api.decorators.js';
import { WriteOptions } from '../shared/http/command-options.decorators.js';
import { UuidParameter } from '../shared/http/schema.js';
import type { CommandOptions } from '../shared/messaging/tenant-command.js';
import { CorrectUsageCommand } from './commands/correct-usage.command.js';
import { GetLicenseUsageQuery } from './queries/get-license-usage.query.js';
import { CorrectUsageRequest } from './usage.requests.js';
import { LicenseUsage, PeriodUsageResponse } from './usage.response.js';

/** Usage for the vendor's staff. Programs use the client API. */
@ApiTags('Licenses')
@Controller('v1/licenses/:license_id/usage')
export class LicenseUsageController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @RequirePermission('licenses:read')
  @DescribeRead(
    {
      operationId: 'getLicenseUsage',
      summary: 'Get the usage of a license',
      description: 'By feature and period, former periods too.',
    },
    { 404: ['LICENSE_NOT_FOUND'] },
  )
  @ApiOkResponse({ standardSchema: LicenseUsage })
  get(@CurrentActor() actor: Actor, @Param('license_id', { schema: UuidParameter }) licenseId: string) {
    return this.queries.execute(new GetLicenseUsageQuery(actor, licenseId));
  }

  @Post('correct')
  @HttpCode(200)
  @RequirePermission('licenses:write')
  @DescribeWrite(
    {
      operationId: 'correctLicenseUsage',
      summary: 'Correct the usage of a feature',
      description: 'Sets the usage in one period, also above the limit. Recorded with its reason.',
    },
    { 404: ['LICENSE_NOT_FOUND'], 409: ['FEATURE_UNAVAILABLE'] },
  )
  @ApiOkResponse({ standardSchema: PeriodUsageResponse })
  correct(
    @CurrentActor() actor: Actor,
    @Param('license_id', { schema: UuidParameter }) licenseId: string,
    @Body({ schema: CorrectUsageRequest }) body: CorrectUsageRequest,
    @WriteOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new CorrectUsageCommand(actor, licenseId, body, options));
  }
}
