import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { chunksOf } from '../../shared/async/chunks-of.js';
import { isJsonObject } from '../../shared/json.js';
import { MalformedJsonError } from '../../shared/http/json-body.js';
import { validated } from '../../shared/http/validation.pipe.js';
import { mapColumns, ownMapping } from './column-mapping.js';
import { ImportLine } from './import-line.requests.js';
import { ImportLicensesCommand, type ImportOutcome, type ImportRecord } from './import-licenses.command.js';
import { LicenseImporter, type NumberedLine } from './license-importer.js';
import { SeenLicenses } from './seen-licenses.js';

/** Lines of one transaction. The tenant is locked meanwhile, against other imports and changes of its settings. */
const CHUNK_SIZE = 250;
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
    // A dry run stores nothing, so what earlier lines would have stored is remembered.
    const seen = options.dryRun ? new SeenLicenses() : undefined;
    for await (const chunk of chunksOf(records, CHUNK_SIZE, MAX_WAIT_MS)) {
      const read = chunk.map((record) => readLine(record, command));
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

function readLine(record: ImportRecord, { options }: ImportLicensesCommand) {
  const { number } = record;
  try {
    if ('error' in record) throw record.error;
    const { value } = record;
    if (!isJsonObject(value)) throw new MalformedJsonError('a line must be a JSON object');
    const mapping = options.mapping ?? (record.isCsv ? ownMapping(value) : undefined);
    const line: NumberedLine = { number, line: validated(ImportLine, mapping ? mapColumns(value, mapping) : value) };
    return line;
  } catch (error) {
    return { number, error };
  }
}
