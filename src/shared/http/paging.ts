import { z } from 'zod';
import { isCleanText } from './json.js';
import { InvalidParameterError } from './problem.errors.js';

export const DEFAULT_LIMIT = 20;
export const MAX_LIMIT = 100;

/** Where a page ends: the creation time and id of its last row. Rows are listed newest first. */
export interface PagePosition {
  readonly createdAt: Date;
  readonly id: string;
}

/** The part of a list that is asked for. */
export interface PageRequest {
  readonly limit: number;
  readonly after: PagePosition | undefined;
}

export const Limit = z
  .string()
  .regex(/^\d{1,3}$/, `must be an integer from 1 to ${MAX_LIMIT}`)
  .transform(Number)
  .pipe(z.int().min(1).max(MAX_LIMIT))
  .default(DEFAULT_LIMIT)
  .meta({ type: 'integer', minimum: 1, maximum: MAX_LIMIT, default: DEFAULT_LIMIT, description: 'Rows a page.' });

export const SearchPrefix = z
  .string()
  .min(1)
  .max(100)
  .refine(isCleanText, 'must not contain U+0000 or lone surrogates')
  .meta({ description: 'Matches what begins with this text, in upper or lower case.' });

/** The parameters that every list takes. */
export const pageParameters = {
  limit: Limit,
  cursor: z.string().max(500).optional().meta({ description: 'next_cursor of the page before. Opaque.' }),
};

export function pageOf<Row extends z.ZodType>(row: Row) {
  return z.object({
    data: z.array(row),
    next_cursor: z.string().nullable().meta({ description: 'The cursor of the next page; null on the last one.' }),
  });
}

export interface Page<Row> {
  readonly data: Row[];
  readonly next_cursor: string | null;
}

export function encodeCursor({ createdAt, id }: PagePosition): string {
  return Buffer.from(JSON.stringify([createdAt.toISOString(), id])).toString('base64url');
}

/** `id` is the form that ids have in this list. Throws InvalidParameterError. */
export function decodeCursor(cursor: string, id: z.ZodType<string>): PagePosition {
  try {
    const [createdAt, lastId] = z
      .tuple([z.iso.datetime(), id])
      .parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
    return { createdAt: new Date(createdAt), id: lastId };
  } catch {
    throw new InvalidParameterError('cursor', 'is not a cursor of this list');
  }
}

export function pageRequest(query: { limit: number; cursor?: string | undefined }, id: z.ZodType<string>): PageRequest {
  return { limit: query.limit, after: query.cursor === undefined ? undefined : decodeCursor(query.cursor, id) };
}

/** Of `limit + 1` rows read, the page and where the next one begins. */
export function toPage<Row, Wire>(
  rows: readonly Row[],
  limit: number,
  position: (row: Row) => PagePosition,
  toWire: (row: Row) => Wire,
): Page<Wire> {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const more = rows.length > limit && last !== undefined;
  return { data: page.map(toWire), next_cursor: more ? encodeCursor(position(last)) : null };
}
