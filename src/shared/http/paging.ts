import { z } from 'zod';
import { isCleanText } from '../json.js';
import { TimestampParameter } from './schema.js';
import { integer } from './schema-messages.js';
import { MAX_LIMIT, type SortOrder } from '../persistence/page-request.js';

export const DEFAULT_LIMIT = 20;
/** Upper bound for every cursor, including one with a name of 255 characters of any script. */
const MAX_CURSOR_LENGTH = 4_000;

/** Time in a cursor, validated here because PostgreSQL does not accept every text. */
export const CursorTime = TimestampParameter;

export const NEWEST_FIRST: SortOrder = {
  by: 'item.createdAt',
  descending: true,
  bound: ':at',
  at: CursorTime,
};

export const Limit = z
  .string()
  .regex(/^\d{1,3}$/, `must be an integer from 1 to ${MAX_LIMIT}`)
  .transform(Number)
  .pipe(integer(1, MAX_LIMIT))
  .default(DEFAULT_LIMIT)
  .meta({ type: 'integer', minimum: 1, maximum: MAX_LIMIT, default: DEFAULT_LIMIT, description: 'Page size.' });

export const SearchPrefix = z
  .string()
  .min(1)
  .max(100)
  .refine(isCleanText, 'must not contain U+0000 or lone surrogates')
  .meta({ description: 'Prefix, case-insensitive.' });

/** Query parameters of every list. */
export const pageParameters = {
  limit: Limit,
  cursor: z
    .string()
    .max(MAX_CURSOR_LENGTH)
    .regex(/^[A-Za-z0-9_-]+$/, 'is not a cursor of this list')
    .optional()
    .meta({ description: '`next_cursor` of the previous page, with the same filters.' }),
};

export function pageOf<Row extends z.ZodType>(row: Row) {
  return z.object({
    data: z.array(row),
    next_cursor: z
      .string()
      .nullable()
      .meta({ description: 'Cursor of the next page. Null on the last one.', examples: [null] }),
  });
}

export interface Page<Row> {
  readonly data: Row[];
  readonly next_cursor: string | null;
}
