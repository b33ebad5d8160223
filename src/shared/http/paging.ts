import { z } from 'zod';
import { isCleanText } from './json.js';
import { InvalidParameterError } from './problem.errors.js';

export const DEFAULT_LIMIT = 20;
export const MAX_LIMIT = 100;
/** One that holds a name of 255 characters, however they are written, is shorter. */
const MAX_CURSOR_LENGTH = 4_000;

/** Where a page ends: what its last row is ordered by, and its id. */
export interface PagePosition {
  readonly at: Date | string;
  readonly id: string;
}

/** What a list is ordered by, before the id; in SQL over the alias `item`. */
export interface Order {
  /** In cursors, so that none is taken for one of another order. */
  readonly name: string;
  readonly by: string;
  readonly descending: boolean;
  /** What it is compared with, made of the `:at` of a position. */
  readonly bound: string;
  readonly at: z.ZodType<Date | string>;
}

/** Read here, since not all of them are times to PostgreSQL. */
export const Moment = z.iso.datetime().transform((text) => new Date(text));

export const NEWEST_FIRST: Order = {
  name: 'created_at',
  by: 'item.createdAt',
  descending: true,
  bound: ':at',
  at: Moment,
};

/** The part of a list that is asked for. */
export interface PageRequest {
  readonly limit: number;
  readonly after: PagePosition | undefined;
  readonly order: Order;
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
  cursor: z.string().max(MAX_CURSOR_LENGTH).optional().meta({ description: 'next_cursor of the page before. Opaque.' }),
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

export function encodeCursor({ at, id }: PagePosition, { name } = NEWEST_FIRST): string {
  return Buffer.from(JSON.stringify([name, at, id])).toString('base64url');
}

/** `id` is the form that ids have in this list. Throws InvalidParameterError. */
export function decodeCursor(cursor: string, id: z.ZodType<string>, { name, at } = NEWEST_FIRST): PagePosition {
  try {
    const [, lastAt, lastId] = z
      .tuple([z.literal(name), at, id])
      .parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
    return { at: lastAt, id: lastId };
  } catch {
    throw new InvalidParameterError('cursor', 'is not a cursor of this list');
  }
}

export function pageRequest(
  { limit, cursor }: { limit: number; cursor?: string | undefined },
  id: z.ZodType<string>,
  order = NEWEST_FIRST,
): PageRequest {
  return { limit, after: cursor === undefined ? undefined : decodeCursor(cursor, id, order), order };
}

/** Of `limit + 1` rows read, the page and where the next one begins. */
export function toPage<Row, Wire>(
  rows: readonly Row[],
  { limit, order }: PageRequest,
  position: (row: Row) => PagePosition,
  toWire: (row: Row) => Wire,
): Page<Wire> {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const more = rows.length > limit && last !== undefined;
  return { data: page.map(toWire), next_cursor: more ? encodeCursor(position(last), order) : null };
}
