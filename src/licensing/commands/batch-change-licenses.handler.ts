import { CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { z } from 'zod';
import { Config } from '../../config.js';
import type { CommandOptions } from '../../shared/events/tenant-command.js';
import { PreconditionRequiredError } from '../../shared/http/problem.errors.js';
import { Turns } from '../../shared/turns.js';
import { BatchRefusal, BatchRenewal } from '../license-batch.dto.js';
import { LicenseBatches } from '../license-batches.js';
import type { LicenseResponse } from '../license.dto.js';
import { BatchChangeLicensesCommand } from './batch-change-licenses.command.js';
import type { LicenseCommand } from './license.command.js';
import { RenewLicenseCommand } from './renew-license.command.js';
import { RevokeLicenseCommand } from './revoke-license.command.js';
import { SuspendLicenseCommand } from './suspend-license.command.js';

/** Lines of one batch that may wait in each lane. */
const WAITING = 4;

@CommandHandler(BatchChangeLicensesCommand)
export class BatchChangeLicensesHandler implements ICommandHandler<BatchChangeLicensesCommand> {
  private readonly turns = new Turns();
  /** Over all batches, so that half of the connections are left to everybody else. */
  private readonly lanes: number;

  constructor(
    private readonly commands: CommandBus,
    private readonly batches: LicenseBatches,
    { settings }: Config,
  ) {
    this.lanes = Math.max(1, Math.floor(settings.DATABASE_POOL_SIZE / 2));
  }

  execute(batch: BatchChangeLicensesCommand) {
    return Promise.resolve(this.run(batch));
  }

  private run(batch: BatchChangeLicensesCommand) {
    const { actor } = batch;
    switch (batch.action) {
      case 'renew':
        return this.change(batch, BatchRenewal, ({ license_id, version, ...request }, options) => {
          return new RenewLicenseCommand(actor, license_id, request, at(version, options));
        });
      case 'suspend':
        return this.change(batch, BatchRefusal, ({ license_id, version, ...request }, options) => {
          return new SuspendLicenseCommand(actor, license_id, request, at(version, options));
        });
      case 'revoke':
        return this.change(batch, BatchRefusal, ({ license_id, version, ...request }, options) => {
          return new RevokeLicenseCommand(actor, license_id, request, at(version, options));
        });
    }
  }

  private change<Line extends object>(
    batch: BatchChangeLicensesCommand,
    schema: z.ZodType<Line>,
    toCommand: (line: Omit<Line, 'idempotency_key'>, options: CommandOptions) => LicenseCommand,
  ) {
    return this.batches.run<Line, LicenseResponse>(batch, {
      schema,
      window: this.lanes * WAITING,
      work: async (line, options) => {
        const command = toCommand(line, options);
        if (batch.options.versionRequired && !command.options.ifMatch) throw new PreconditionRequiredError();
        return this.turns.take(this.laneOf(command.licenseId), () => this.commands.execute(command));
      },
    });
  }

  /** One license has one lane, so what is done to it is done as it came. */
  private laneOf(licenseId: string): string {
    return String(Number.parseInt(licenseId.slice(-8), 16) % this.lanes);
  }
}

function at(version: number | undefined, options: CommandOptions): CommandOptions {
  return { ...options, ifMatch: version === undefined ? undefined : [version] };
}
