import { Command } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { CommandOptions } from '../../shared/messaging/tenant-command.js';
import type { ColumnMapping } from './column-mapping.js';

/** Line of an import as it was read, or the error that made it unreadable. */
export type ImportRecord =
  | { readonly number: number; readonly value: unknown; readonly isCsv?: boolean }
  | { readonly number: number; readonly error: Error };

/** Outcome of one line: the license that was stored or known, or the error. Without a license, the line would be imported. */
export type ImportOutcome = { readonly line: number } & (
  | {
      readonly outcome: 'IMPORTED' | 'KNOWN';
      readonly licenseId: string;
      /** Only of a license without a license key in its line. */
      readonly licenseKey?: string | undefined;
    }
  | { readonly outcome: 'IMPORTABLE' }
  | { readonly outcome: 'REFUSED'; readonly error: unknown }
);

export interface ImportOptions extends Pick<CommandOptions, 'idempotencyKey'> {
  readonly dryRun?: boolean | undefined;
  readonly mapping?: ColumnMapping | undefined;
}

/**
 * Stores licenses that another system had, with their customers and devices. Each line succeeds or fails by itself; lines share
 * transactions. A license that is known by its key, its external id, or the idempotency key of its line stays as it is.
 */
export class ImportLicensesCommand extends Command<AsyncGenerator<ImportOutcome>> {
  static readonly operation = 'licenses.import';

  constructor(
    readonly actor: Actor,
    readonly records: AsyncIterable<ImportRecord>,
    readonly options: ImportOptions = {},
  ) {
    super();
  }
}
