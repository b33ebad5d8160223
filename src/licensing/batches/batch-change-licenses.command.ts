import { Command } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { BatchOutcome, LicenseBatch } from './license-batch-runner.js';
import type { LicenseResponse } from '../license.response.js';

/**
 * Does one action to the license of each line, like the command for a single license, with its events and errors.
 * Actions on one license run in the order of the lines.
 */
export class BatchChangeLicensesCommand
  extends Command<AsyncGenerator<BatchOutcome<LicenseResponse>>>
  implements LicenseBatch
{
  constructor(
    readonly actor: Actor,
    readonly action: 'renew' | 'suspend' | 'reinstate' | 'revoke' | 'transfer' | 'change-template',
    readonly lines: LicenseBatch['lines'],
    /** `versionRequired`: a line without version is refused with PreconditionRequiredError. */
    readonly options: LicenseBatch['options'] & { readonly versionRequired?: boolean | undefined } = {},
  ) {
    super();
  }

  get operation() {
    return `licenses.batch-${this.action}`;
  }
}
