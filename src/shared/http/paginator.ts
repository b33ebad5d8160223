import { Injectable } from '@nestjs/common';
import stableStringify from 'safe-stable-stringify';
import { SealError, Secrets } from '../secrets/secrets.js';
import { NEWEST_FIRST, type Page } from './paging.js';
import { CursorMismatchError } from '../errors.js';
import type { PagePosition, PageRequest, SortOrder } from '../persistence/page-request.js';

/** Identity of a list. */
export interface ListScope {
  readonly tenantId: string;
  readonly list: string;
  /** Resource that the list belongs to, such as a license for its activations. */
  readonly of?: string;
}

/** Page request with the seal context of its cursors. */
export interface ScopedPageRequest extends PageRequest {
  readonly cursorContext: readonly string[];
}

interface ListRequest {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/**
 * Reads and writes cursors, which are sealed for the tenant, the list and its filters. A cursor contains the sort value of a row, such as a
 * name, which must not be readable in proxy logs, and would point to a wrong position in another list.
 */
@Injectable()
export class Paginator {
  constructor(private readonly secrets: Secrets) {}

  /** Returns the page request with the position of its cursor. Throws CursorMismatchError. */
  request(
    { tenantId, list, of = '' }: ListScope,
    request: ListRequest,
    order: SortOrder = NEWEST_FIRST,
  ): ScopedPageRequest {
    const { limit, cursor, ...filters } = request;
    const cursorContext = ['cursor', tenantId, list, of, stableStringify(filters)];
    const after = cursor === undefined ? undefined : this.open(cursor, order, cursorContext);
    return { limit, after, order, cursorContext };
  }

  /** Builds the page and the cursor of the next one from up to `limit + 1` rows. */
  page<Row, Wire>(
    rows: readonly Row[],
    { limit, cursorContext }: ScopedPageRequest,
    positionOf: (row: Row) => PagePosition,
    toWire: (row: Row) => Wire,
  ): Page<Wire> {
    const page = rows.slice(0, limit);
    const last = page.at(-1);
    const hasMore = rows.length > limit && last !== undefined;
    return { data: page.map(toWire), next_cursor: hasMore ? this.seal(positionOf(last), cursorContext) : null };
  }

  private seal({ at, id }: PagePosition, context: readonly string[]): string {
    return this.secrets.seal(JSON.stringify([at, id]), context).toString('base64url');
  }

  private open(cursor: string, order: SortOrder, context: readonly string[]): PagePosition {
    try {
      const [at, id] = JSON.parse(this.secrets.unseal(Buffer.from(cursor, 'base64url'), context)) as [string, string];
      return { at: order.at.parse(at), id };
    } catch (error) {
      throw error instanceof SealError ? new CursorMismatchError() : error;
    }
  }
}
