import { CommandBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { CreateCustomerCommand } from '../../customers/index.js';
import { CreateTemplateCommand } from '../../templates/index.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { IssueLicenseCommand } from '../issuing/issue-license.command.js';
import { IssueLicenseHandler } from '../issuing/issue-license.handler.js';
import { License } from '../license.entity.js';
import { LicenseRepository } from '../license.repository.js';
import { toLicensePreview } from './license-preview.response.js';
import { PreviewIssueQuery, type PreviewedIssue } from './preview-issue.query.js';

/** Ends a unit of work, so that nothing of it is stored. */
class RolledBack extends Error {
  constructor(readonly license: License) {
    super('The preview is rolled back.');
  }
}

@QueryHandler(PreviewIssueQuery)
export class PreviewIssueHandler implements IQueryHandler<PreviewIssueQuery> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly commands: CommandBus,
    private readonly issues: IssueLicenseHandler,
    private readonly licenses: LicenseRepository,
  ) {}

  /** Issues in a unit of work that is rolled back, so that a preview is what an issue would be, refusals included. */
  async execute(query: PreviewIssueQuery): Promise<PreviewedIssue> {
    try {
      return await this.unitOfWork.run(query.actor, async () => {
        throw new RolledBack(await this.issue(query));
      });
    } catch (error) {
      if (!(error instanceof RolledBack)) throw error;
      return { license: error.license, preview: toLicensePreview(error.license) };
    }
  }

  private async issue({ actor, issue }: PreviewIssueQuery): Promise<License> {
    const request = issue.template
      ? {
          ...issue.request,
          license_template_id: (await this.commands.execute(new CreateTemplateCommand(actor, issue.template)))
            .template_id,
          customer_id: issue.request.customer_id ?? (await this.createCustomer(actor)),
        }
      : issue.request;
    const [issued] = await this.issues.issueTogether([new IssueLicenseCommand(actor, request)]);
    if (!issued) throw new Error('An issue has no outcome.');
    if ('error' in issued.outcome) throw issued.outcome.error;
    const license = await this.licenses.find(actor.tenantId, issued.outcome.result.license_id);
    if (!license) throw new Error('A license that was issued is gone.');
    return license;
  }

  private async createCustomer(actor: PreviewIssueQuery['actor']): Promise<string> {
    return (await this.commands.execute(new CreateCustomerCommand(actor, { first_name: 'Preview' }))).customer_id;
  }
}
