import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { LicenseIssuer } from '../issuing/license-issuer.js';
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
    private readonly issuer: LicenseIssuer,
  ) {}

  execute(batch: BatchIssueLicensesCommand) {
    const outcomes = this.batches.run(batch, {
      schema: BatchIssueLine,
      concurrency: MAX_LINES_IN_PROGRESS,
      perform: (request, options) => this.issuer.issue(new IssueLicenseCommand(batch.actor, request, options)),
    });
    return Promise.resolve(outcomes);
  }
}
