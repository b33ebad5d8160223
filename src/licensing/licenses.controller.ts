import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiOkResponse, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { CommandOptions } from '../shared/messaging/tenant-command.js';
import { CreatedAt, DescribeList, DescribeRead, DescribeWrite } from '../shared/http/api.decorators.js';
import { WriteOptions } from '../shared/http/command-options.decorators.js';
import { ListOf } from '../shared/http/streams/list.decorator.js';
import { UuidParameter } from '../shared/http/schema.js';
import { CurrentActor, OpenToPartners, RequirePermission } from '../shared/access/access.decorators.js';
import { Actor } from '../shared/access/actor.js';
import { ISSUE_PROBLEMS } from './issuing/issue-problems.js';
import { IssueLicenseCommand } from './issuing/issue-license.command.js';
import { FindLicensesCommand } from './keys/find-licenses.command.js';
import { FindLicensesRequest } from './keys/find-licenses.requests.js';
import { IssueLicenseRequest, ListLicensesRequest } from './license.requests.js';
import { METADATA_FILTER_MEMBERS } from './metadata-filters/metadata-filters.requests.js';
import { GetLicenseQuery } from './queries/get-license.query.js';
import { ListLicensesAsJsonQuery } from './queries/list-licenses-as-json.query.js';
import { FoundLicenses, IssuedLicense, LicensePage, LicenseResponse } from './license.response.js';

@ApiTags('Licenses')
@Controller('v1/licenses')
export class LicensesController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post()
  @OpenToPartners()
  @RequirePermission('licenses:issue')
  @DescribeWrite(
    {
      operationId: 'issueLicense',
      summary: 'Issue a license',
      description: 'From an active template. Only this response and `revealLicenseKey` contain the license key.',
    },
    ISSUE_PROBLEMS,
  )
  @CreatedAt('/v1/licenses', 'license_id')
  @ApiCreatedResponse({ standardSchema: IssuedLicense })
  issue(
    @CurrentActor() actor: Actor,
    @Body({ schema: IssueLicenseRequest }) body: IssueLicenseRequest,
    @WriteOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new IssueLicenseCommand(actor, body, options));
  }

  @Get()
  @OpenToPartners()
  @RequirePermission('licenses:read')
  @DescribeList(
    {
      operationId: 'listLicenses',
      summary: 'List licenses',
      description: 'Newest first; by expiry with `expires_from` or `expires_before`, else by `issued_to` with `q`.',
    },
    { 400: ['FILTER_NOT_DECLARED'], 409: ['FILTER_NOT_READY'] },
  )
  @ApiQuery({
    name: 'metadata',
    required: false,
    style: 'form',
    explode: true,
    description: METADATA_FILTER_MEMBERS.description,
    schema: { type: 'object', ...METADATA_FILTER_MEMBERS },
  })
  @ListOf(LicensePage)
  list(@CurrentActor() actor: Actor, @Query({ schema: ListLicensesRequest }) query: ListLicensesRequest) {
    return this.queries.execute(new ListLicensesAsJsonQuery(actor, query));
  }

  @Get(':license_id')
  @OpenToPartners()
  @RequirePermission('licenses:read')
  @DescribeRead({ operationId: 'getLicense', summary: 'Get a license' }, { 404: ['LICENSE_NOT_FOUND'] })
  @ApiOkResponse({ standardSchema: LicenseResponse })
  get(@CurrentActor() actor: Actor, @Param('license_id', { schema: UuidParameter }) licenseId: string) {
    return this.queries.execute(new GetLicenseQuery(actor, licenseId));
  }
}

/** Search by a value that must not stand in a URL. */
@ApiTags('Licenses')
@Controller('v1')
export class FindLicensesController {
  constructor(private readonly commands: CommandBus) {}

  @Post('licenses::find')
  @HttpCode(200)
  @RequirePermission('licenses:read')
  @DescribeWrite({
    operationId: 'findLicenses',
    summary: 'Find licenses by a value',
    description:
      'Exact, within the tenant. Recorded in the event log, without the value. By `email` it also needs `customers:read`.',
  })
  @ApiOkResponse({ standardSchema: FoundLicenses })
  find(
    @CurrentActor() actor: Actor,
    @Body({ schema: FindLicensesRequest }) body: FindLicensesRequest,
    @WriteOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new FindLicensesCommand(actor, body, options));
  }
}
