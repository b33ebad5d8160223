import { applyDecorators, SetMetadata, UseInterceptors } from '@nestjs/common';
import { ApiExtension, ApiOkResponse } from '@nestjs/swagger';
import type { z } from 'zod';
import { CSV } from '../shared/http/streams/export-formats.js';
import { NDJSON } from '../shared/http/streams/ndjson.js';
import { REPORT_COLUMNS, ReportExportInterceptor } from './report-export.js';

type ReportSchema = z.ZodObject<{ data: z.ZodArray<z.ZodObject> }>;

/** Declares a route that returns a report, or its rows as NDJSON or CSV. */
export function ReportOf(report: ReportSchema) {
  const columns = Object.keys(report.shape.data.element.shape);
  return applyDecorators(
    ApiOkResponse({
      standardSchema: report,
      description: 'The report. With `Accept: application/x-ndjson` or `text/csv`: its rows.',
    }),
    ApiExtension('x-export-formats', [NDJSON, CSV]),
    ApiExtension('x-csv-columns', columns),
    SetMetadata(REPORT_COLUMNS, columns),
    UseInterceptors(ReportExportInterceptor),
  );
}
