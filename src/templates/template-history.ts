import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ListPastEventsQuery } from '../audit/index.js';
import type { Actor } from '../shared/access/actor.js';
import { UnitOfWork } from '../shared/persistence/unit-of-work.js';
import { TemplateNotFoundError } from './template.errors.js';
import { TemplateRepository } from './template.repository.js';
import { versionsOf, type TemplateVersion } from './template-versions.js';

const BEGINNING = new Date(0);

/** Reads the versions of templates from the events of their changes. */
@Injectable()
export class TemplateHistory {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly templates: TemplateRepository,
    private readonly queries: QueryBus,
  ) {}

  /** Returns the versions, the newest first, of one snapshot of the database. Throws TemplateNotFoundError, HistoryTooLongError. */
  versionsOf(actor: Actor, templateId: string): Promise<TemplateVersion[]> {
    return this.unitOfWork.readRepeatable(actor.tenantId, async () => {
      const template = await this.templates.find(actor.tenantId, templateId);
      if (!template) throw new TemplateNotFoundError(templateId);
      const types = ['template.created', 'template.updated'];
      const past = { about: { resourceIds: [templateId] }, types, after: BEGINNING };
      const changes = await this.queries.execute(new ListPastEventsQuery(actor, past));
      const { version, createdAt } = template;
      return versionsOf({ version, createdAt, snapshot: template.snapshot() }, changes);
    });
  }
}
