import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { chunksOf } from '../../shared/async/chunks-of.js';
import { mapAsync } from '../../shared/http/streams/in-order.js';
import { isJsonObject } from '../../shared/json.js';
import { MalformedJsonError } from '../../shared/http/json-body.js';
import { validated } from '../../shared/http/validation.pipe.js';
import { mapColumns, ownMapping } from './column-mapping.js';
import { ImportLine } from './import-line.requests.js';
import { ImportLicensesCommand, type ImportOutcome, type ImportRecord } from './import-licenses.command.js';
import type { NumberedLine } from './identified-line.js';
import { LicenseImporter } from './license-importer.js';
import { SeenLines } from './seen-lines.js';

/** Lines of one transaction. The tenant is locked meanwhile, against other imports and changes of its settings. */
const CHUNK_SIZE = 250;
/** Devices with which a transaction ends, so that it is short with many devices, too. */
const CHUNK_DEVICES = 2_000;
/** Longest wait for more lines of a chunk, so that a client that sends a line and waits gets its result. */
const MAX_WAIT_MS = 20;

@CommandHandler(ImportLicensesCommand)
export class ImportLicensesHandler implements ICommandHandler<ImportLicensesCommand> {
  constructor(private readonly importer: LicenseImporter) {}

  execute(command: ImportLicensesCommand) {
    return Promise.resolve(this.run(command));
  }

  private async *run(command: ImportLicensesCommand): AsyncGenerator<ImportOutcome> {
    const { actor, records, options } = command;
    const seen = new SeenLines();
    const readAll = mapAsync(records, (record) => readLine(record, command));
    const devicesOf = (line: ReadLine) => ('error' in line ? 0 : line.line.devices.length);
    for await (const read of chunksOf(readAll, CHUNK_SIZE, MAX_WAIT_MS, { of: devicesOf, most: CHUNK_DEVICES })) {
      const lines = read.flatMap((line) => ('error' in line ? [] : [line]));
      const imported = lines.length > 0 ? await this.importer.importAll(actor, lines, options, seen) : [];
      const outcomes = new Map(imported.map((outcome) => [outcome.line, outcome]));
      for (const line of read) {
        yield (
          outcomes.get(line.number) ?? {
            line: line.number,
            outcome: 'REFUSED',
            error: 'error' in line ? line.error : undefined,
          }
        );
      }
    }
  }
}

type ReadLine = NumberedLine | { readonly number: number; readonly error: unknown };

function readLine(record: ImportRecord, { options }: ImportLicensesCommand): ReadLine {
  const { number } = record;
  try {
    if ('error' in record) throw record.error;
    const { value } = record;
    if (!isJsonObject(value)) throw new MalformedJsonError('a line must be a JSON object');
    const mapping = options.mapping ?? (record.isCsv ? ownMapping(value) : undefined);
    return { number, line: validated(ImportLine, mapping ? mapColumns(value, mapping) : value) };
  } catch (error) {
    return { number, error };
  }
}
