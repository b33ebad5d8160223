import { CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { z } from 'zod';
import { Config } from '../../config.js';
import type { CommandOptions } from '../../shared/messaging/tenant-command.js';
import { PreconditionRequiredError } from '../../shared/errors.js';
import { KeyedMutex } from '../../shared/async/keyed-mutex.js';
import {
  BatchActionLine,
  BatchChangeTemplateLine,
  BatchReinstateLine,
  BatchRenewLine,
  BatchTransferLine,
} from './license-batch.requests.js';
import { LicenseBatchRunner } from './license-batch-runner.js';
import { BatchChangeLicensesCommand } from './batch-change-licenses.command.js';
import { ChangeLicenseTemplateCommand } from '../lifecycle/commands/change-license-template.command.js';
import type { LicenseCommand } from '../lifecycle/commands/license.command.js';
import { ReinstateLicenseCommand } from '../lifecycle/commands/reinstate-license.command.js';
import { RenewLicenseCommand } from '../lifecycle/commands/renew-license.command.js';
import { RevokeLicenseCommand } from '../lifecycle/commands/revoke-license.command.js';
import { SuspendLicenseCommand } from '../lifecycle/commands/suspend-license.command.js';
import { TransferLicenseCommand } from '../lifecycle/commands/transfer-license.command.js';
import type { LicenseResponse } from '../license.response.js';

/** Lines of one batch that run or wait, per partition. */
const LINES_PER_PARTITION = 4;

@CommandHandler(BatchChangeLicensesCommand)
export class BatchChangeLicensesHandler implements ICommandHandler<BatchChangeLicensesCommand> {
  private readonly mutex = new KeyedMutex();
  /** Partitions of all batches together: half of the connections, so that other requests get the rest. */
  private readonly partitions: number;

  constructor(
    private readonly commands: CommandBus,
    private readonly batches: LicenseBatchRunner,
    { settings }: Config,
  ) {
    this.partitions = Math.max(1, Math.floor(settings.DATABASE_POOL_SIZE / 2));
  }

  execute(batch: BatchChangeLicensesCommand) {
    return Promise.resolve(this.run(batch));
  }

  private run(batch: BatchChangeLicensesCommand) {
    const { actor } = batch;
    switch (batch.action) {
      case 'renew':
        return this.change(batch, BatchRenewLine, ({ license_id, version, ...request }, options) => {
          return new RenewLicenseCommand(actor, license_id, request, withVersion(version, options));
        });
      case 'suspend':
        return this.change(batch, BatchActionLine, ({ license_id, version, ...request }, options) => {
          return new SuspendLicenseCommand(actor, license_id, request, withVersion(version, options));
        });
      case 'revoke':
        return this.change(batch, BatchActionLine, ({ license_id, version, ...request }, options) => {
          return new RevokeLicenseCommand(actor, license_id, request, withVersion(version, options));
        });
      case 'reinstate':
        return this.change(batch, BatchReinstateLine, ({ license_id, version, ...request }, options) => {
          return new ReinstateLicenseCommand(actor, license_id, request, withVersion(version, options));
        });
      case 'transfer':
        return this.change(batch, BatchTransferLine, ({ license_id, version, ...request }, options) => {
          return new TransferLicenseCommand(actor, license_id, request, withVersion(version, options));
        });
      case 'change-template':
        return this.change(batch, BatchChangeTemplateLine, ({ license_id, version, ...request }, options) => {
          return new ChangeLicenseTemplateCommand(actor, license_id, request, withVersion(version, options));
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
      concurrency: this.partitions * LINES_PER_PARTITION,
      perform: async (line, options) => {
        const command = toCommand(line, options);
        if (batch.options.versionRequired && !command.options.ifMatch) throw new PreconditionRequiredError();
        return this.mutex.run(this.partitionOf(command.licenseId), () => this.commands.execute(command));
      },
    });
  }

  /** Returns the partition of a license. A license is in one partition, so its lines run in order. */
  private partitionOf(licenseId: string): string {
    return String(Number.parseInt(licenseId.slice(-8), 16) % this.partitions);
  }
}

function withVersion(version: number | undefined, options: CommandOptions): CommandOptions {
  return { ...options, ifMatch: version === undefined ? undefined : [version] };
}
