import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { FindLicenseQuery, LicenseNotFoundError } from '../licensing/index.js';
import type { Actor } from '../shared/access/actor.js';
import { GetIssuableTemplatesQuery, TemplateNotFoundError } from '../templates/index.js';
import type { LineTerms } from './line.entity.js';

/** Checks that templates and licenses of lines exist. Whether they can be issued from, renewed or changed, fulfilment decides. */
@Injectable()
export class LineReferences {
  constructor(private readonly queries: QueryBus) {}

  /** Throws TemplateNotFoundError, LicenseNotFoundError. */
  async assertExist(actor: Actor, lines: readonly LineTerms[]): Promise<void> {
    const templateIds = [...new Set(lines.flatMap(({ templateId }) => templateId ?? []))];
    const licenseIds = [...new Set(lines.flatMap(({ licenseId }) => licenseId ?? []))];
    const templates = await this.queries.execute(new GetIssuableTemplatesQuery(actor, templateIds));
    const known = new Set(templates.map(({ template }) => template.templateId));
    const missing = templateIds.find((id) => !known.has(id));
    if (missing !== undefined) throw new TemplateNotFoundError(missing);
    for (const id of licenseIds) {
      if (!(await this.queries.execute(new FindLicenseQuery(actor, id)))) throw new LicenseNotFoundError(id);
    }
  }
}
