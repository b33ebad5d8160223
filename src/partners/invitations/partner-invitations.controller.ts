import { Body, Controller, Get, HttpCode, Param, Post, Query, UseGuards } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { CurrentActor, Public, RequirePermission } from '../../shared/access/access.decorators.js';
import { Actor } from '../../shared/access/actor.js';
import { AddressLimitGuard } from '../../shared/access/address-limit.guard.js';
import { ReasonRequest } from '../../shared/http/action-reason.js';
import {
  CreatedAt,
  DescribeChange,
  DescribeList,
  DescribePublic,
  DescribeWrite,
} from '../../shared/http/api.decorators.js';
import { ChangeOptions, WriteOptions } from '../../shared/http/command-options.decorators.js';
import { UuidParameter } from '../../shared/http/schema.js';
import { ListOf } from '../../shared/http/streams/list.decorator.js';
import type { CommandOptions } from '../../shared/messaging/tenant-command.js';
import { IssuedApiKey } from '../../tenants/index.js';
import { CreateInvitationCommand } from './create-invitation.command.js';
import {
  CreateInvitationRequest,
  ListInvitationsRequest,
  RedeemInvitationRequest,
  ResendInvitationRequest,
} from './invitation.requests.js';
import { InvitationPage, InvitationResponse, IssuedInvitation } from './invitation.response.js';
import { ListInvitationsQuery } from './list-invitations.query.js';
import { RedeemInvitationCommand } from './redeem-invitation.command.js';
import { ResendInvitationCommand } from './resend-invitation.command.js';
import { WithdrawInvitationCommand } from './withdraw-invitation.command.js';

const NOT_FOUND = { 404: ['INVITATION_NOT_FOUND'], 409: ['INVITATION_STATE'] } as const;

@ApiTags('Partner invitations')
@Controller('v1')
export class PartnerInvitationsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post('partner-invitations')
  @RequirePermission('partners:write')
  @DescribeWrite(
    {
      operationId: 'createPartnerInvitation',
      summary: 'Invite a partner',
      description:
        'The code makes one API key of the partner, within seven days. It is returned once and not stored; with `send_email` it is made when the message is sent.',
    },
    {
      403: ['GRANT_EXCEEDED'],
      404: ['PARTNER_NOT_FOUND'],
      409: ['PARTNER_STATE', 'EMAIL_RECIPIENT_MISSING'],
      429: ['EMAIL_LIMIT_REACHED'],
    },
  )
  @ApiCreatedResponse({ standardSchema: IssuedInvitation })
  create(
    @CurrentActor() actor: Actor,
    @Body({ schema: CreateInvitationRequest }) body: CreateInvitationRequest,
    @WriteOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new CreateInvitationCommand(actor, body, options));
  }

  @Get('partner-invitations')
  @RequirePermission('partners:read')
  @DescribeList({
    operationId: 'listPartnerInvitations',
    summary: 'List invitations of partners',
    description: 'Newest first.',
  })
  @ListOf(InvitationPage)
  list(@CurrentActor() actor: Actor, @Query({ schema: ListInvitationsRequest }) query: ListInvitationsRequest) {
    return this.queries.execute(new ListInvitationsQuery(actor, query));
  }

  @Post('partner-invitations/:invitation_id/resend')
  @HttpCode(200)
  @RequirePermission('partners:write')
  @DescribeChange(
    {
      operationId: 'resendPartnerInvitation',
      summary: 'Give an invitation a new code',
      description: 'For seven days. The previous code ends.',
    },
    {
      403: ['GRANT_EXCEEDED'],
      404: NOT_FOUND[404],
      409: [...NOT_FOUND[409], 'EMAIL_RECIPIENT_MISSING'],
      429: ['EMAIL_LIMIT_REACHED'],
    },
  )
  @ApiOkResponse({ standardSchema: IssuedInvitation })
  resend(
    @CurrentActor() actor: Actor,
    @Param('invitation_id', { schema: UuidParameter }) invitationId: string,
    @Body({ schema: ResendInvitationRequest }) body: ResendInvitationRequest,
    @ChangeOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new ResendInvitationCommand(actor, invitationId, body, options));
  }

  @Post('partner-invitations/:invitation_id/withdraw')
  @HttpCode(200)
  @RequirePermission('partners:write')
  @DescribeChange({ operationId: 'withdrawPartnerInvitation', summary: 'Withdraw an invitation' }, NOT_FOUND)
  @ApiOkResponse({ standardSchema: InvitationResponse })
  withdraw(
    @CurrentActor() actor: Actor,
    @Param('invitation_id', { schema: UuidParameter }) invitationId: string,
    @Body({ schema: ReasonRequest }) body: ReasonRequest,
    @ChangeOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new WithdrawInvitationCommand(actor, invitationId, body, options));
  }

  @Post('partner-invitations::redeem')
  @Public()
  @UseGuards(AddressLimitGuard)
  @DescribePublic(
    {
      operationId: 'redeemPartnerInvitation',
      summary: 'Redeem an invitation',
      description: 'Makes an API key of the partner, which is returned once. The code then ends.',
    },
    {
      400: ['VALIDATION_FAILED', 'MALFORMED_REQUEST'],
      404: ['INVITATION_NOT_FOUND'],
      409: ['PARTNER_STATE'],
      413: ['BODY_TOO_LARGE'],
      415: ['UNSUPPORTED_MEDIA_TYPE'],
      429: ['RATE_LIMITED'],
    },
  )
  @CreatedAt('/v1/api-keys', 'id')
  @ApiCreatedResponse({ standardSchema: IssuedApiKey })
  redeem(@Body({ schema: RedeemInvitationRequest }) body: RedeemInvitationRequest) {
    return this.commands.execute(new RedeemInvitationCommand(body));
  }
}
