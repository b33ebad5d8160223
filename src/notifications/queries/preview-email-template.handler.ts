import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { InvalidFieldError } from '../../shared/errors.js';
import { EmailTextFinder } from '../composing/email-text-finder.js';
import { EMAIL_KINDS, MASK } from '../email-kinds.js';
import { assertTexts, renderTexts } from '../email-texts.js';
import type { TemplateView } from '../template-text.js';
import { PreviewEmailTemplateQuery } from './preview-email-template.query.js';

@QueryHandler(PreviewEmailTemplateQuery)
export class PreviewEmailTemplateHandler implements IQueryHandler<PreviewEmailTemplateQuery> {
  constructor(private readonly finder: EmailTextFinder) {}

  async execute({ actor, template, language, request }: PreviewEmailTemplateQuery) {
    const { variables: given, ...draft } = request;
    const { variables } = EMAIL_KINDS[template];
    for (const name of Object.keys(given))
      if (!Object.hasOwn(variables, name))
        throw new InvalidFieldError(`/variables/${name}`, `unknown variable of the template ${template}`);
    const { texts } = await this.finder.find(actor.tenantId, template, language);
    const { subject, text, html } = { subject: texts.subject, text: texts.text, html: texts.html, ...draft };
    assertTexts(template, { subject, text, html });
    const examples = Object.entries(variables).map(([name, { example, secret }]): [string, TemplateView[string]] => [
      name,
      secret ? MASK : example,
    ]);
    return renderTexts({ subject, text, html }, { ...Object.fromEntries(examples), ...given });
  }
}
