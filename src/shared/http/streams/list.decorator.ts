import { applyDecorators, SetMetadata, UseInterceptors } from '@nestjs/common';
import { ApiExtension, ApiOkResponse } from '@nestjs/swagger';
import type { z } from 'zod';
import { COLUMNS, ListExportInterceptor } from './list-export.js';
import { CSV } from './export-formats.js';
import { NDJSON } from './ndjson.js';

type PageSchema = z.ZodObject<{ data: z.ZodArray<z.ZodObject>; next_cursor: z.ZodType }>;

/**
 * Declares a route that returns a page, or the whole list as NDJSON or CSV. Extensions describe the exports, because further media types
 * would make generated clients type a page as a union.
 */
export function ListOf(page: PageSchema) {
  const columns = Object.keys(page.shape.data.element.shape);
  return applyDecorators(
    ApiOkResponse({
      standardSchema: page,
      description:
        'A page. With `Accept: application/x-ndjson` or `text/csv`: all rows, or that page if `limit` is given.',
    }),
    ApiExtension('x-export-formats', [NDJSON, CSV]),
    ApiExtension('x-csv-columns', columns),
    SetMetadata(COLUMNS, columns),
    UseInterceptors(ListExportInterceptor),
  );
}
