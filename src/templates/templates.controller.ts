import { Body, Controller, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { CommandOptions } from '../shared/messaging/tenant-command.js';
import { CreatedAt, DescribeChange, DescribeList, DescribeRead, DescribeWrite } from '../shared/http/api.decorators.js';
import { ChangeOptions, WriteOptions } from '../shared/http/command-options.decorators.js';
import { ListOf } from '../shared/http/streams/list.decorator.js';
import { IdParameter } from '../shared/http/schema.js';
import { CurrentActor, RequirePermission } from '../shared/access/access.decorators.js';
import { Actor } from '../shared/access/actor.js';
import { CreateTemplateCommand } from './commands/create-template.command.js';
import { DuplicateTemplateCommand } from './commands/duplicate-template.command.js';
import { UpdateTemplateCommand } from './commands/update-template.command.js';
import {
  CompareTemplateVersionsRequest,
  CreateTemplateRequest,
  DuplicateTemplateRequest,
  ListTemplatesRequest,
  UpdateTemplateRequest,
} from './template.requests.js';
import { CompareTemplateVersionsQuery } from './queries/compare-template-versions.query.js';
import { ListTemplateVersionsQuery } from './queries/list-template-versions.query.js';
import { TemplateDiffResponse, TemplateVersionsResponse } from './template-versions.response.js';
import { GetTemplateQuery } from './queries/get-template.query.js';
import { ListTemplatesQuery } from './queries/list-templates.query.js';
import { TemplatePage, TemplateResponse } from './template.response.js';

@ApiTags('License templates')
@Controller('v1/license-templates')
export class TemplatesController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post()
  @RequirePermission('templates:write')
  @DescribeWrite(
    { operationId: 'createTemplate', summary: 'Create a license template' },
    {
      404: ['PRODUCT_NOT_FOUND'],
      409: ['TEMPLATE_EXISTS', 'TEMPLATE_NAME_TAKEN'],
    },
  )
  @CreatedAt('/v1/license-templates', 'template_id')
  @ApiCreatedResponse({ standardSchema: TemplateResponse })
  create(
    @CurrentActor() actor: Actor,
    @Body({ schema: CreateTemplateRequest }) body: CreateTemplateRequest,
    @WriteOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new CreateTemplateCommand(actor, body, options));
  }

  @Get()
  @RequirePermission('templates:read')
  @DescribeList({ operationId: 'listTemplates', summary: 'List license templates', description: 'Newest first.' })
  @ListOf(TemplatePage)
  list(@CurrentActor() actor: Actor, @Query({ schema: ListTemplatesRequest }) query: ListTemplatesRequest) {
    return this.queries.execute(new ListTemplatesQuery(actor, query));
  }

  @Get(':template_id')
  @RequirePermission('templates:read')
  @DescribeRead({ operationId: 'getTemplate', summary: 'Get a license template' }, { 404: ['TEMPLATE_NOT_FOUND'] })
  @ApiOkResponse({ standardSchema: TemplateResponse })
  get(@CurrentActor() actor: Actor, @Param('template_id', { schema: IdParameter }) templateId: string) {
    return this.queries.execute(new GetTemplateQuery(actor, templateId));
  }

  @Get(':template_id/versions')
  @RequirePermission('templates:read')
  @DescribeRead(
    {
      operationId: 'listTemplateVersions',
      summary: 'List versions of a license template',
      description: 'With who made each and how many licenses have its terms. From the events of the template.',
    },
    { 404: ['TEMPLATE_NOT_FOUND'], 409: ['HISTORY_TOO_LONG'] },
  )
  @ApiOkResponse({ standardSchema: TemplateVersionsResponse })
  versions(@CurrentActor() actor: Actor, @Param('template_id', { schema: IdParameter }) templateId: string) {
    return this.queries.execute(new ListTemplateVersionsQuery(actor, templateId));
  }

  @Get(':template_id/diff')
  @RequirePermission('templates:read')
  @DescribeRead(
    { operationId: 'compareTemplateVersions', summary: 'Compare two versions of a license template' },
    { 404: ['TEMPLATE_NOT_FOUND'], 409: ['HISTORY_TOO_LONG'] },
  )
  @ApiOkResponse({ standardSchema: TemplateDiffResponse })
  compare(
    @CurrentActor() actor: Actor,
    @Param('template_id', { schema: IdParameter }) templateId: string,
    @Query({ schema: CompareTemplateVersionsRequest }) query: CompareTemplateVersionsRequest,
  ) {
    return this.queries.execute(new CompareTemplateVersionsQuery(actor, templateId, query));
  }

  @Patch(':template_id')
  @RequirePermission('templates:write')
  @DescribeChange(
    {
      operationId: 'updateTemplate',
      summary: 'Update a license template',
      description: 'JSON Merge Patch. Licenses that were issued from it keep their terms.',
    },
    {
      404: ['TEMPLATE_NOT_FOUND'],
      409: ['TEMPLATE_NAME_TAKEN'],
    },
  )
  @ApiOkResponse({ standardSchema: TemplateResponse })
  update(
    @CurrentActor() actor: Actor,
    @Param('template_id', { schema: IdParameter }) templateId: string,
    @Body({ schema: UpdateTemplateRequest }) body: UpdateTemplateRequest,
    @ChangeOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new UpdateTemplateCommand(actor, templateId, body, options));
  }

  @Post(':template_id/duplicate')
  @RequirePermission('templates:write')
  @DescribeChange(
    {
      operationId: 'duplicateTemplate',
      summary: 'Duplicate a license template',
      description: 'The copy has the same terms and an id and a name of its own.',
    },
    {
      404: ['TEMPLATE_NOT_FOUND'],
      409: ['TEMPLATE_EXISTS', 'TEMPLATE_NAME_TAKEN'],
    },
  )
  @CreatedAt('/v1/license-templates', 'template_id')
  @ApiCreatedResponse({ standardSchema: TemplateResponse })
  duplicate(
    @CurrentActor() actor: Actor,
    @Param('template_id', { schema: IdParameter }) templateId: string,
    @Body({ schema: DuplicateTemplateRequest }) body: DuplicateTemplateRequest,
    @ChangeOptions() options: CommandOptions,
  ) {
    return this.commands.execute(new DuplicateTemplateCommand(actor, templateId, body, options));
  }
}
