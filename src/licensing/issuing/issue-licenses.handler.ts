import { HttpException } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { LicenseRefusedError } from '../license.errors.js';
import type { IssuedLicense } from '../license.response.js';
import { IssueLicenseCommand } from './issue-license.command.js';
import { IssueLicenseHandler } from './issue-license.handler.js';
import { IssueLicensesCommand } from './issue-licenses.command.js';

/** Licenses of one statement. */
const CHUNK_SIZE = 100;

@CommandHandler(IssueLicensesCommand)
export class IssueLicensesHandler implements ICommandHandler<IssueLicensesCommand> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly issues: IssueLicenseHandler,
  ) {}

  execute(command: IssueLicensesCommand): Promise<IssuedLicense[]> {
    const { actor, licenses } = command;
    return this.unitOfWork.perform(command, async () => {
      const issued: IssuedLicense[] = [];
      while (issued.length < licenses.length) {
        const chunk = licenses.slice(issued.length, issued.length + CHUNK_SIZE);
        const commands = chunk.map(({ request, origin }) => new IssueLicenseCommand(actor, request, { origin }));
        for (const { outcome } of await this.issues.issueTogether(commands)) {
          if ('error' in outcome) throw refusalOf(outcome.error, issued.length);
          issued.push(outcome.result);
        }
      }
      return issued;
    });
  }
}

/** Names the license that was refused. Any other error stays as it is, because the unit of work may run again after it. */
function refusalOf(error: unknown, index: number): unknown {
  return error instanceof HttpException && error.getStatus() < 500 ? new LicenseRefusedError(index, error) : error;
}
