import { applyDecorators, SetMetadata, UseInterceptors } from '@nestjs/common';
import { ApiExtension, ApiOkResponse, type OpenAPIObject } from '@nestjs/swagger';
import type { z } from 'zod';
import { COLUMNS, ListExport } from './list-export.js';
import { CSV } from './list-forms.js';
import { NDJSON } from './ndjson.js';

const CSV_COLUMNS = 'x-csv-columns';

type PageSchema = z.ZodObject<{ data: z.ZodArray<z.ZodObject>; next_cursor: z.ZodType }>;

/** A route that answers with such pages, and with the whole list as NDJSON or CSV to whoever asks for that. */
export function ListOf(page: PageSchema) {
  const columns = Object.keys(page.shape.data.element.shape);
  return applyDecorators(
    ApiOkResponse({
      standardSchema: page,
      description:
        'A page; as NDJSON, a row a line, or as CSV the whole list, or that page alone where `limit` is given.',
    }),
    ApiExtension(CSV_COLUMNS, columns),
    SetMetadata(COLUMNS, columns),
    UseInterceptors(ListExport),
  );
}

/** Adds the forms that such routes have beside JSON, each with a schema of its own, for which Swagger has no decorator. */
export function describeLists({ paths, components }: OpenAPIObject): void {
  for (const { get } of Object.values(paths)) {
    if (!get || !(CSV_COLUMNS in get)) continue;
    const { content } = get.responses['200'] as { content: Record<string, { schema: Schema }> };
    const page = components?.schemas?.[content['application/json']?.schema.$ref?.split('/').pop() ?? ''] as Schema;
    content[NDJSON] = { schema: page.properties?.data?.items ?? {} };
    content[CSV] = { schema: { type: 'string' } };
  }
}

interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly properties?: Record<string, Schema>;
  readonly items?: Schema;
}
