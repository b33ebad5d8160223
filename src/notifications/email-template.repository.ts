import { Injectable } from '@nestjs/common';
import { TenantScopedRepository } from '../shared/persistence/tenant-scoped.repository.js';
import type { Transaction } from '../shared/persistence/transaction.js';
import { UnitOfWork } from '../shared/persistence/unit-of-work.js';
import type { EmailTemplateName } from './email-kinds.js';
import { EmailTemplate, emailTemplateIdOf } from './email-template.entity.js';

@Injectable()
export class EmailTemplateRepository extends TenantScopedRepository<EmailTemplate> {
  constructor(unitOfWork: UnitOfWork) {
    super(EmailTemplate, 'emailTemplateId', unitOfWork);
  }

  delete(transaction: Transaction, { tenantId, emailTemplateId }: EmailTemplate): void {
    transaction.write({
      name: 'email-templates.delete',
      text: 'DELETE FROM email_templates WHERE tenant_id = $1 AND email_template_id = $2',
      values: [tenantId, emailTemplateId],
    });
  }

  /** Returns the texts in the first of these languages that the tenant has some in. */
  async findFirst(
    tenantId: string,
    template: EmailTemplateName,
    languages: readonly string[],
  ): Promise<EmailTemplate | undefined> {
    const found = await this.findMany(
      tenantId,
      languages.map((language) => emailTemplateIdOf(template, language)),
    );
    return languages.flatMap((language) => found.filter((each) => each.language === language))[0];
  }
}
