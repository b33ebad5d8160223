import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { IssueLicenseHandler } from '../issuing/issue-license.handler.js';
import { BatchIssueLine } from './license-batch.requests.js';
import { LicenseBatchRunner } from './license-batch-runner.js';
import { BatchIssueLicensesCommand } from './batch-issue-licenses.command.js';
import { IssueLicenseCommand } from '../issuing/issue-license.command.js';

/** Lines in progress: two groups in flight and one being prepared. A single request of the same tenant waits for at most these. */
const MAX_LINES_IN_PROGRESS = 300;

@CommandHandler(BatchIssueLicensesCommand)
export class BatchIssueLicensesHandler implements ICommandHandler<BatchIssueLicensesCommand> {
  constructor(
    private readonly batches: LicenseBatchRunner,
    private readonly issues: IssueLicenseHandler,
  ) {}

  execute(batch: BatchIssueLicensesCommand) {
    const outcomes = this.batches.run(batch, {
      schema: BatchIssueLine,
      concurrency: MAX_LINES_IN_PROGRESS,
      perform: (request, options) => this.issues.execute(new IssueLicenseCommand(batch.actor, request, options)),
    });
    return Promise.resolve(outcomes);
  }
}
