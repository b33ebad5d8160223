import { Command } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { BatchOutcome, LicenseBatch } from './license-batch-runner.js';
import type { LicenseResponse } from '../license.response.js';

/**
 * Renews, suspends or revokes the license that each line names, as the command for one does, events and errors included.
 * What is done to one license is done in the order of the lines.
 */
export class BatchChangeLicensesCommand
  extends Command<AsyncGenerator<BatchOutcome<LicenseResponse>>>
  implements LicenseBatch
{
  constructor(
    readonly actor: Actor,
    readonly action: 'renew' | 'suspend' | 'revoke',
    readonly lines: LicenseBatch['lines'],
    /** versionRequired: a line that names no version is refused with PreconditionRequiredError. */
    readonly options: LicenseBatch['options'] & { readonly versionRequired?: boolean | undefined } = {},
  ) {
    super();
  }

  get operation() {
    return `licenses.batch-${this.action}`;
  }
}
