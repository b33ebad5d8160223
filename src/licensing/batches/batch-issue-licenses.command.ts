import { Command } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { BatchOutcome, LicenseBatch } from './license-batch-runner.js';
import type { IssuedLicense } from '../license.response.js';

/** Issues a license for each line, like `IssueLicenseCommand`. Each line succeeds or fails by itself; lines share transactions. */
export class BatchIssueLicensesCommand
  extends Command<AsyncGenerator<BatchOutcome<IssuedLicense>>>
  implements LicenseBatch
{
  static readonly operation = 'licenses.batch-issue';

  constructor(
    readonly actor: Actor,
    readonly lines: LicenseBatch['lines'],
    readonly options: LicenseBatch['options'] = {},
  ) {
    super();
  }
}
