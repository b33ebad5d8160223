import { Injectable } from '@nestjs/common';
import { BUILT_IN_TEMPLATES, type EmailTexts } from '../built-in-templates.js';
import { DEFAULT_LANGUAGE, languagesFor, type EmailTemplateName } from '../email-kinds.js';
import { EmailTemplateRepository } from '../email-template.repository.js';

/** Texts that apply to a language, in the language that they are in. `version` is null for built-in ones. */
export interface FoundTexts {
  readonly texts: EmailTexts;
  readonly language: string;
  readonly version: number | null;
}

@Injectable()
export class EmailTextFinder {
  constructor(private readonly templates: EmailTemplateRepository) {}

  /** Returns the tenant's texts in the language, in its base language or in English, else the built-in English ones. */
  async find(tenantId: string, template: EmailTemplateName, language: string): Promise<FoundTexts> {
    const own = await this.templates.findFirst(tenantId, template, languagesFor(language));
    if (own) return { texts: own, language: own.language, version: own.version };
    return { texts: BUILT_IN_TEMPLATES[template], language: DEFAULT_LANGUAGE, version: null };
  }
}
