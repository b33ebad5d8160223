import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { CommandOptions } from '../shared/messaging/tenant-command.js';
import { ReasonRequest } from '../shared/http/action-reason.js';
import { CreatedAt, DescribeChange, DescribeList, DescribeRead, DescribeWrite } from '../shared/http/api.decorators.js';
import { ChangeOptions, WriteOptions } from '../shared/http/command-options.decorators.js';
import { ListOf } from '../shared/http/streams/list.decorator.js';
import { UuidParameter } from '../shared/http/schema.js';
import { CurrentActor, RequirePermission } from '../shared/access/access.decorators.js';
import { Actor } from '../shared/access/actor.js';
import { CancelEmailCommand } from './commands/cancel-email.command.js';
import { ResendEmailCommand } from './commands/resend-email.command.js';
import { SendEmailCommand } from './commands/send-email.command.js';
import { ListEmailMessagesRequest, SendEmailRequest } from './email-message.requests.js';
import {
  EmailMessagePage,
  EmailMessageResponse,
  EmailMessageWithAttempts,
  QueuedEmail,
} from './email-message.response.js';
import { EmailPreview } from './email-template.response.js';
import { GetEmailMessageQuery } from './queries/get-email-message.query.js';
import { ListEmailMessagesQuery } from './queries/list-email-messages.query.js';
import { PreviewEmailMessageQuery } from './queries/preview-email-message.query.js';

const SEND_CODES = {
  404: ['LICENSE_NOT_FOUND', 'EMAIL_PARTNER_NOT_FOUND'],
  409: ['EMAIL_RECIPIENT_MISSING'],
  429: ['EMAIL_LIMIT_REACHED'],
} as const;

@ApiTags('E-mail')
@Controller('v1/email-messages')
export class EmailMessagesController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post()
  @RequirePermission('emails:send')
  @DescribeWrite(
    {
      operationId: 'sendEmail',
      summary: 'Send an e-mail',
      description:
        'In the background; read its status from `getEmailMessage`. A message with a license key also needs `licenses:reveal-key`, and goes only to the customer or partner of the license.',
    },
    SEND_CODES,
  )
  @CreatedAt('/v1/email-messages', 'email_message_id')
  @ApiCreatedResponse({ standardSchema: QueuedEmail })
  send(
    @CurrentActor() actor: Actor,
    @Body({ schema: SendEmailRequest }) body: SendEmailRequest,
    @WriteOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new SendEmailCommand(actor, body, options));
  }

  @Get()
  @RequirePermission('emails:read')
  @DescribeList({ operationId: 'listEmailMessages', summary: 'List e-mail messages', description: 'Newest first.' })
  @ListOf(EmailMessagePage)
  list(@CurrentActor() actor: Actor, @Query({ schema: ListEmailMessagesRequest }) query: ListEmailMessagesRequest) {
    return this.queries.execute(new ListEmailMessagesQuery(actor, query));
  }

  @Get(':email_message_id')
  @RequirePermission('emails:read')
  @DescribeRead(
    { operationId: 'getEmailMessage', summary: 'Get an e-mail message', description: 'With its attempts.' },
    { 404: ['EMAIL_MESSAGE_NOT_FOUND'] },
  )
  @ApiOkResponse({ standardSchema: EmailMessageWithAttempts })
  get(@CurrentActor() actor: Actor, @Param('email_message_id', { schema: UuidParameter }) emailMessageId: string) {
    return this.queries.execute(new GetEmailMessageQuery(actor, emailMessageId));
  }

  @Get(':email_message_id/preview')
  @RequirePermission('emails:read')
  @DescribeRead(
    {
      operationId: 'previewEmailMessage',
      summary: 'Preview an e-mail message',
      description: 'As it would be composed now. A license key is masked.',
    },
    { 404: ['EMAIL_MESSAGE_NOT_FOUND'], 409: ['EMAIL_MESSAGE_ERASED'] },
  )
  @ApiOkResponse({ standardSchema: EmailPreview })
  preview(@CurrentActor() actor: Actor, @Param('email_message_id', { schema: UuidParameter }) emailMessageId: string) {
    return this.queries.execute(new PreviewEmailMessageQuery(actor, emailMessageId));
  }

  @Post(':email_message_id/resend')
  @RequirePermission('emails:send')
  @DescribeWrite(
    {
      operationId: 'resendEmail',
      summary: 'Send an e-mail message again',
      description:
        'As a new message, composed from the present texts, to the present address of its customer or partner.',
    },
    {
      404: ['EMAIL_MESSAGE_NOT_FOUND', 'EMAIL_PARTNER_NOT_FOUND'],
      409: ['EMAIL_MESSAGE_STATE', 'EMAIL_MESSAGE_ERASED', 'EMAIL_RECIPIENT_MISSING'],
      429: ['EMAIL_LIMIT_REACHED'],
    },
  )
  @CreatedAt('/v1/email-messages', 'email_message_id')
  @ApiCreatedResponse({ standardSchema: QueuedEmail })
  resend(
    @CurrentActor() actor: Actor,
    @Param('email_message_id', { schema: UuidParameter }) emailMessageId: string,
    @WriteOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new ResendEmailCommand(actor, emailMessageId, options));
  }

  @Post(':email_message_id/cancel')
  @HttpCode(200)
  @RequirePermission('emails:send')
  @DescribeChange(
    {
      operationId: 'cancelEmail',
      summary: 'Cancel an e-mail message that waits',
      description: 'Not while an attempt to send it runs.',
    },
    { 404: ['EMAIL_MESSAGE_NOT_FOUND'], 409: ['EMAIL_MESSAGE_STATE'] },
  )
  @ApiOkResponse({ standardSchema: EmailMessageResponse })
  cancel(
    @CurrentActor() actor: Actor,
    @Param('email_message_id', { schema: UuidParameter }) emailMessageId: string,
    @Body({ schema: ReasonRequest }) body: ReasonRequest,
    @ChangeOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new CancelEmailCommand(actor, emailMessageId, body, options));
  }
}
