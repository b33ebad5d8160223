import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { parseJson } from '../../shared/http/json-body.js';
import { mapAsync } from '../../shared/http/streams/in-order.js';
import { csvRowsOf, ndjsonLinesOf } from '../../shared/http/streams/ndjson.js';
import type { ImportRecord } from './import-licenses.command.js';

/** Records of an NDJSON or CSV body as they arrive. */
export const ImportRecords = createParamDecorator(
  (_: unknown, context: ExecutionContext): AsyncIterable<ImportRecord> => {
    const rows = csvRowsOf(context);
    if (rows) return mapAsync(rows, (row) => ('error' in row ? row : { ...row, isCsv: true }));
    return mapAsync(ndjsonLinesOf(context), (line): ImportRecord => {
      if ('error' in line) return line;
      try {
        return { number: line.number, value: parseJson(line.text) };
      } catch (error) {
        return { number: line.number, error: error as Error };
      }
    });
  },
);
