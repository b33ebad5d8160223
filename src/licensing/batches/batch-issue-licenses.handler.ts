import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { IssueScheduler } from '../issuing/issue-scheduler.js';
import { BatchIssueLine } from './license-batch.requests.js';
import { LicenseBatchRunner } from './license-batch-runner.js';
import { BatchIssueLicensesCommand } from './batch-issue-licenses.command.js';
import { IssueLicenseCommand } from '../issuing/issue-license.command.js';

/** Three full groups: two on their way, one that is made meanwhile. So long at most waits a single order of the same tenant. */
const WINDOW = 300;

@CommandHandler(BatchIssueLicensesCommand)
export class BatchIssueLicensesHandler implements ICommandHandler<BatchIssueLicensesCommand> {
  constructor(
    private readonly batches: LicenseBatchRunner,
    private readonly groups: IssueScheduler,
  ) {}

  execute(batch: BatchIssueLicensesCommand) {
    const outcomes = this.batches.run(batch, {
      schema: BatchIssueLine,
      concurrency: WINDOW,
      work: (order, options) => this.groups.issue(new IssueLicenseCommand(batch.actor, order, options)),
    });
    return Promise.resolve(outcomes);
  }
}
