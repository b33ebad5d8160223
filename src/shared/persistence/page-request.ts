import type { z } from 'zod';

/** Where a page ends: what its last row is ordered by, and its id. */
export interface PagePosition {
  readonly at: Date | string;
  readonly id: string;
}

/** What a list is ordered by, before the id; in SQL over the alias `item`. */
export interface SortOrder {
  readonly by: string;
  readonly descending: boolean;
  /** What it is compared with, made of the `:at` of a position. */
  readonly bound: string;
  readonly at: z.ZodType<Date | string>;
}

/** The part of a list that is asked for. */
export interface PageRequest {
  readonly limit: number;
  readonly after: PagePosition | undefined;
  readonly order: SortOrder;
}
