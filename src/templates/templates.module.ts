import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { CreateTemplateHandler } from './commands/create-template.handler.js';
import { DuplicateTemplateHandler } from './commands/duplicate-template.handler.js';
import { UpdateTemplateHandler } from './commands/update-template.handler.js';
import { Template } from './template.entity.js';
import { TemplateRepository } from './template.repository.js';
import { TemplatesController } from './templates.controller.js';
import { GetIssuableTemplatesHandler } from './queries/get-issuable-templates.handler.js';
import { CompareTemplateVersionsHandler } from './queries/compare-template-versions.handler.js';
import { ListTemplateVersionsHandler } from './queries/list-template-versions.handler.js';
import { TemplateHistory } from './template-history.js';
import { GetTemplateHandler } from './queries/get-template.handler.js';
import { ListTemplatesHandler } from './queries/list-templates.handler.js';

@Module({
  imports: [TypeOrmModule.forFeature([Template])],
  controllers: [TemplatesController],
  providers: [
    TemplateRepository,
    TemplateHistory,
    ListTemplateVersionsHandler,
    CompareTemplateVersionsHandler,
    CreateTemplateHandler,
    UpdateTemplateHandler,
    DuplicateTemplateHandler,
    GetTemplateHandler,
    GetIssuableTemplatesHandler,
    ListTemplatesHandler,
  ],
})
export class TemplatesModule {}
