import { Body, Controller, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { CurrentActor, OpenToPartners, RequirePermission } from '../shared/access/access.decorators.js';
import { Actor } from '../shared/access/actor.js';
import { CreatedAt, DescribeChange, DescribeList, DescribeRead, DescribeWrite } from '../shared/http/api.decorators.js';
import { ChangeOptions, WriteOptions } from '../shared/http/command-options.decorators.js';
import { UuidParameter } from '../shared/http/schema.js';
import { ListOf } from '../shared/http/streams/list.decorator.js';
import type { CommandOptions } from '../shared/messaging/tenant-command.js';
import { IssuedLicense } from '../licensing/index.js';
import { ApprovePartnerCommand } from './commands/approve-partner.command.js';
import { CreatePartnerCommand } from './commands/create-partner.command.js';
import { IssuePartnerLicenseCommand } from './commands/issue-partner-license.command.js';
import { ReinstatePartnerCommand } from './commands/reinstate-partner.command.js';
import { SuspendPartnerCommand } from './commands/suspend-partner.command.js';
import { UpdatePartnerCommand } from './commands/update-partner.command.js';
import {
  CreatePartnerRequest,
  IssuePartnerLicenseRequest,
  ListPartnersRequest,
  PartnerActionRequest,
  SuspendPartnerRequest,
  UpdatePartnerRequest,
} from './partner.requests.js';
import { PartnerPage, PartnerResponse } from './partner.response.js';
import { GetPartnerQuery } from './queries/get-partner.query.js';
import { ListPartnersQuery } from './queries/list-partners.query.js';

const NOT_FOUND = { 404: ['PARTNER_NOT_FOUND'] } as const;
const STATE = { ...NOT_FOUND, 409: ['PARTNER_STATE'] } as const;

@ApiTags('Partners')
@Controller('v1/partners')
export class PartnersController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post()
  @RequirePermission('partners:write')
  @DescribeWrite({
    operationId: 'createPartner',
    summary: 'Create a partner',
    description: 'It is PENDING until `approvePartner`.',
  })
  @CreatedAt('/v1/partners', 'partner_id')
  @ApiCreatedResponse({ standardSchema: PartnerResponse })
  create(
    @CurrentActor() actor: Actor,
    @Body({ schema: CreatePartnerRequest }) body: CreatePartnerRequest,
    @WriteOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new CreatePartnerCommand(actor, body, options));
  }

  @Get()
  @OpenToPartners()
  @RequirePermission('partners:read')
  @DescribeList({ operationId: 'listPartners', summary: 'List partners', description: 'Newest first.' })
  @ListOf(PartnerPage)
  list(@CurrentActor() actor: Actor, @Query({ schema: ListPartnersRequest }) query: ListPartnersRequest) {
    return this.queries.execute(new ListPartnersQuery(actor, query));
  }

  @Get(':partner_id')
  @OpenToPartners()
  @RequirePermission('partners:read')
  @DescribeRead({ operationId: 'getPartner', summary: 'Get a partner' }, NOT_FOUND)
  @ApiOkResponse({ standardSchema: PartnerResponse })
  get(@CurrentActor() actor: Actor, @Param('partner_id', { schema: UuidParameter }) partnerId: string) {
    return this.queries.execute(new GetPartnerQuery(actor, partnerId));
  }

  @Patch(':partner_id')
  @RequirePermission('partners:write')
  @DescribeChange(
    { operationId: 'updatePartner', summary: 'Update a partner', description: 'JSON Merge Patch.' },
    NOT_FOUND,
  )
  @ApiOkResponse({ standardSchema: PartnerResponse })
  update(
    @CurrentActor() actor: Actor,
    @Param('partner_id', { schema: UuidParameter }) partnerId: string,
    @Body({ schema: UpdatePartnerRequest }) body: UpdatePartnerRequest,
    @ChangeOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new UpdatePartnerCommand(actor, partnerId, body, options));
  }

  @Post(':partner_id/approve')
  @HttpCode(200)
  @RequirePermission('partners:approve')
  @DescribeChange({ operationId: 'approvePartner', summary: 'Approve a partner' }, STATE)
  @ApiOkResponse({ standardSchema: PartnerResponse })
  approve(
    @CurrentActor() actor: Actor,
    @Param('partner_id', { schema: UuidParameter }) partnerId: string,
    @Body({ schema: PartnerActionRequest }) body: PartnerActionRequest,
    @ChangeOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new ApprovePartnerCommand(actor, partnerId, body, options));
  }

  @Post(':partner_id/suspend')
  @HttpCode(200)
  @RequirePermission('partners:approve')
  @DescribeChange(
    {
      operationId: 'suspendPartner',
      summary: 'Suspend a partner',
      description: 'Its keys are refused at once. `license_effect` says what happens to its licenses.',
    },
    STATE,
  )
  @ApiOkResponse({ standardSchema: PartnerResponse })
  suspend(
    @CurrentActor() actor: Actor,
    @Param('partner_id', { schema: UuidParameter }) partnerId: string,
    @Body({ schema: SuspendPartnerRequest }) body: SuspendPartnerRequest,
    @ChangeOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new SuspendPartnerCommand(actor, partnerId, body, options));
  }

  @Post(':partner_id/reinstate')
  @HttpCode(200)
  @RequirePermission('partners:approve')
  @DescribeChange(
    {
      operationId: 'reinstatePartner',
      summary: 'Reinstate a suspended partner',
      description: 'Its licenses stay as they are.',
    },
    STATE,
  )
  @ApiOkResponse({ standardSchema: PartnerResponse })
  reinstate(
    @CurrentActor() actor: Actor,
    @Param('partner_id', { schema: UuidParameter }) partnerId: string,
    @Body({ schema: PartnerActionRequest }) body: PartnerActionRequest,
    @ChangeOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new ReinstatePartnerCommand(actor, partnerId, body, options));
  }

  @Post(':partner_id/issue-license')
  @RequirePermission('licenses:issue')
  @DescribeWrite(
    {
      operationId: 'issuePartnerLicense',
      summary: 'Issue a license to a partner',
      description: 'For the partner itself, from no pool.',
    },
    {
      404: ['PARTNER_NOT_FOUND', 'TEMPLATE_NOT_FOUND'],
      409: [
        'PARTNER_STATE',
        'TEMPLATE_INACTIVE',
        'PRODUCT_INACTIVE',
        'CUSTOMER_INACTIVE',
        'TRIAL_NOT_ALLOWED',
        'TRIAL_ALREADY_USED',
      ],
    },
  )
  @CreatedAt('/v1/licenses', 'license_id')
  @ApiCreatedResponse({ standardSchema: IssuedLicense })
  issueLicense(
    @CurrentActor() actor: Actor,
    @Param('partner_id', { schema: UuidParameter }) partnerId: string,
    @Body({ schema: IssuePartnerLicenseRequest }) body: IssuePartnerLicenseRequest,
    @WriteOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new IssuePartnerLicenseCommand(actor, partnerId, body, options));
  }
}
