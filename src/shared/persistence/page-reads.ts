import type { QueryResultRow } from 'pg';
import { Coalescer, type Outcome } from '../async/coalescer.js';
import { groupBy } from '../group-by.js';
import type { Statement } from './tenant-connection.js';
import type { UnitOfWork } from './unit-of-work.js';

/** Standalone statement of a page, which has one plan for all values. The first of them is the tenant, the last the most rows. */
export interface PageStatement extends Statement {
  readonly name: string;
  /** Types of the values in PostgreSQL. */
  readonly valueTypes: readonly string[];
}

/** Most pages of a group, and most rows that they may have, because reading rows takes time of the event loop. */
const MAX_PAGES = 64;
const MAX_ROWS = 1_600;
const MAX_IN_FLIGHT = 2;

/** Row of a shared statement, with the number of its page from 1. */
type NumberedRow = QueryResultRow & { page_number?: number };

/** Reads pages. Those that arrive while others are in flight share a statement, if they are of the same name. */
export class PageReads {
  private readonly sharedTexts = new Map<string, string>();
  private readonly reads: Coalescer<PageStatement, QueryResultRow[]>;

  constructor(private readonly unitOfWork: UnitOfWork) {
    this.reads = new Coalescer({
      maxGroupSize: MAX_PAGES,
      maxInFlight: MAX_IN_FLIGHT,
      ownerOf: ({ values: [tenantId] }) => tenantId as string,
      queueOf: ({ name, values: [tenantId] }) => `${name} ${tenantId as string}`,
      run: (statements) => this.readGroup(statements),
    });
  }

  add<Row extends QueryResultRow>(statement: PageStatement): Promise<Row[]> {
    return this.reads.add(statement) as Promise<Row[]>;
  }

  /** Reads as many pages as may have MAX_ROWS; the others are read next. */
  private async readGroup(group: readonly PageStatement[]): Promise<Outcome<QueryResultRow[]>[]> {
    const outcomes = new Map<PageStatement, Outcome<QueryResultRow[]>>();
    let rows = 0;
    const statements = group.filter(({ values }, at) => (rows += values.at(-1) as number) <= MAX_ROWS || at === 0);
    const readNamed = async (named: readonly PageStatement[]) => {
      try {
        const pages = await this.readNamed(named);
        for (const [at, statement] of named.entries()) outcomes.set(statement, { result: pages[at] ?? [] });
      } catch (error) {
        for (const statement of named) outcomes.set(statement, { error });
      }
    };
    await Promise.all([...groupBy(statements, ({ name }) => name).values()].map(readNamed));
    return group.map((statement) => outcomes.get(statement) ?? 'RETRY');
  }

  private async readNamed(named: readonly PageStatement[]): Promise<QueryResultRow[][]> {
    const [first, ...others] = named;
    if (!first || others.length === 0) return first ? [await this.unitOfWork.queryStandalone(first)] : [];
    const { name, valueTypes } = first;
    const text = this.sharedTexts.get(name) ?? sharedText(first);
    this.sharedTexts.set(name, text);
    const values = valueTypes.map((_, at) => named.map((statement) => statement.values[at]));
    const rows = await this.unitOfWork.queryStandalone<NumberedRow>({ name: `${name}-shared`, text, values });
    const pages: QueryResultRow[][] = named.map(() => []);
    for (const { page_number: number = 0, ...row } of rows) pages[number - 1]?.push(row);
    return pages;
  }
}

/** Returns the statement for many pages: each has the tenant isolation of the statement for one, and its rows keep their order. */
function sharedText({ text, valueTypes }: PageStatement): string {
  const arrays = valueTypes.map((type, at) => `$${at + 1}::${type}[]`).join(', ');
  const columns = valueTypes.map((_, at) => `v${at + 1}`).join(', ');
  return `SELECT asked.page_number::int, page.* FROM unnest(${arrays}) WITH ORDINALITY AS asked (${columns}, page_number)
          CROSS JOIN LATERAL (${text.replace(/\$(\d+)/g, 'asked.v$1')}) page`;
}
