import type { z } from 'zod';

/** Maximum number of rows of a page. */
export const MAX_LIMIT = 100;

/** Position of the last row of a page: the value that the list is sorted by, and the id. */
export interface PagePosition {
  readonly at: Date | string;
  readonly id: string;
}

/** First sort column of a list, as SQL over the alias `item`; the id is always the second. */
export interface SortOrder {
  readonly by: string;
  readonly descending: boolean;
  /** SQL expression that `by` is compared with; contains the parameter `:at` of a position. */
  readonly bound: string;
  readonly at: z.ZodType<Date | string>;
}

/** Requested part of a list. */
export interface PageRequest {
  readonly limit: number;
  readonly after: PagePosition | undefined;
  readonly order: SortOrder;
}
