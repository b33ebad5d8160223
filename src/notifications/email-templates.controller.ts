import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { CommandOptions } from '../shared/messaging/tenant-command.js';
import { ReasonRequest } from '../shared/http/action-reason.js';
import { DescribeChange, DescribeList, DescribeQuery, DescribeRead } from '../shared/http/api.decorators.js';
import { ChangeOptions } from '../shared/http/command-options.decorators.js';
import { ListOf } from '../shared/http/streams/list.decorator.js';
import { LanguageTag } from '../shared/http/schema.js';
import { CurrentActor, RequirePermission } from '../shared/access/access.decorators.js';
import { Actor } from '../shared/access/actor.js';
import { DeleteEmailTemplateCommand } from './commands/delete-email-template.command.js';
import { PutEmailTemplateCommand } from './commands/put-email-template.command.js';
import { EmailTemplateName } from './email-message.requests.js';
import {
  ListEmailTemplatesRequest,
  PreviewEmailTemplateRequest,
  PutEmailTemplateRequest,
} from './email-template.requests.js';
import {
  EffectiveEmailTemplate,
  EmailPreview,
  EmailTemplatePage,
  EmailTemplateResponse,
} from './email-template.response.js';
import { GetEmailTemplateQuery } from './queries/get-email-template.query.js';
import { ListEmailTemplatesQuery } from './queries/list-email-templates.query.js';
import { PreviewEmailTemplateQuery } from './queries/preview-email-template.query.js';

const TEXTS = ':template/:language';

@ApiTags('E-mail')
@Controller('v1/email-templates')
export class EmailTemplatesController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @RequirePermission('emails:read')
  @DescribeList({
    operationId: 'listEmailTemplates',
    summary: 'List texts of the tenant',
    description: 'Newest first, without the built-in texts.',
  })
  @ListOf(EmailTemplatePage)
  list(@CurrentActor() actor: Actor, @Query({ schema: ListEmailTemplatesRequest }) query: ListEmailTemplatesRequest) {
    return this.queries.execute(new ListEmailTemplatesQuery(actor, query));
  }

  @Get(TEXTS)
  @RequirePermission('emails:read')
  @DescribeRead({
    operationId: 'getEmailTemplate',
    summary: 'Get the texts of an e-mail template',
    description:
      'Those of the tenant in this language, its base language or en, else the built-in ones, with the variables that they can name.',
  })
  @ApiOkResponse({ standardSchema: EffectiveEmailTemplate })
  get(
    @CurrentActor() actor: Actor,
    @Param('template', { schema: EmailTemplateName }) template: EmailTemplateName,
    @Param('language', { schema: LanguageTag }) language: string,
  ) {
    return this.queries.execute(new GetEmailTemplateQuery(actor, template, language));
  }

  @Put(TEXTS)
  @RequirePermission('emails:manage')
  @DescribeChange({
    operationId: 'putEmailTemplate',
    summary: 'Set texts of the tenant',
    description:
      'In place of the built-in ones, for one language. Unknown and unescaped variables are refused. Texts that newly name `license_key` also need `licenses:reveal-key`.',
  })
  @ApiOkResponse({ standardSchema: EmailTemplateResponse })
  put(
    @CurrentActor() actor: Actor,
    @Param('template', { schema: EmailTemplateName }) template: EmailTemplateName,
    @Param('language', { schema: LanguageTag }) language: string,
    @Body({ schema: PutEmailTemplateRequest }) body: PutEmailTemplateRequest,
    @ChangeOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new PutEmailTemplateCommand(actor, template, language, body, options));
  }

  @Delete(TEXTS)
  @RequirePermission('emails:manage')
  @DescribeChange(
    {
      operationId: 'deleteEmailTemplate',
      summary: 'Delete texts of the tenant',
      description: 'Returns them. Those of another language or the built-in ones apply then.',
    },
    { 404: ['EMAIL_TEMPLATE_NOT_FOUND'] },
  )
  @ApiOkResponse({ standardSchema: EmailTemplateResponse })
  delete(
    @CurrentActor() actor: Actor,
    @Param('template', { schema: EmailTemplateName }) template: EmailTemplateName,
    @Param('language', { schema: LanguageTag }) language: string,
    @Body({ schema: ReasonRequest }) body: ReasonRequest,
    @ChangeOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new DeleteEmailTemplateCommand(actor, template, language, body, options));
  }

  @Post(`${TEXTS}/preview`)
  @HttpCode(200)
  @RequirePermission('emails:read')
  @DescribeQuery({
    operationId: 'previewEmailTemplate',
    summary: 'Preview texts with example values',
    description: 'Stores nothing.',
  })
  @ApiOkResponse({ standardSchema: EmailPreview })
  preview(
    @CurrentActor() actor: Actor,
    @Param('template', { schema: EmailTemplateName }) template: EmailTemplateName,
    @Param('language', { schema: LanguageTag }) language: string,
    @Body({ schema: PreviewEmailTemplateRequest }) body: PreviewEmailTemplateRequest,
  ) {
    return this.queries.execute(new PreviewEmailTemplateQuery(actor, template, language, body));
  }
}
