import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { IssueGroups } from '../issue-groups.js';
import { BatchOrder } from '../license-batch.dto.js';
import { LicenseBatches } from '../license-batches.js';
import { BatchIssueLicensesCommand } from './batch-issue-licenses.command.js';
import { IssueLicenseCommand } from './issue-license.command.js';

/** Three full groups: two on their way, one that is made meanwhile. So long at most waits a single order of the same tenant. */
const WINDOW = 300;

@CommandHandler(BatchIssueLicensesCommand)
export class BatchIssueLicensesHandler implements ICommandHandler<BatchIssueLicensesCommand> {
  constructor(
    private readonly batches: LicenseBatches,
    private readonly groups: IssueGroups,
  ) {}

  execute(batch: BatchIssueLicensesCommand) {
    const outcomes = this.batches.run(batch, {
      schema: BatchOrder,
      window: WINDOW,
      work: (order, options) => this.groups.issue(new IssueLicenseCommand(batch.actor, order, options)),
    });
    return Promise.resolve(outcomes);
  }
}
