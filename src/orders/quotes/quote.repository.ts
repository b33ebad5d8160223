import { Injectable } from '@nestjs/common';
import { hydrate } from '../../shared/hydrate.js';
import { columnsOf, toJson } from '../../shared/persistence/entity-columns.js';
import { TenantScopedRepository } from '../../shared/persistence/tenant-scoped.repository.js';
import type { Transaction } from '../../shared/persistence/transaction.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { selectLines, withNumbers } from '../line-columns.js';
import { QuoteLine } from './quote-line.entity.js';
import { Quote } from './quote.entity.js';

const LINE_COLUMNS = columnsOf(QuoteLine);
const NAMES = LINE_COLUMNS.map(({ name }) => name).join(', ');

/** Quotes of a tenant whose time has passed, earliest first; see `TenantTimer.due`. The parameters are SQL expressions. */
export const DUE_QUOTES = (tenantId: string, now: string) =>
  `quotes item WHERE item.tenant_id = ${tenantId} AND item.status IN ('DRAFT', 'SENT') AND item.valid_until <= ${now}
   ORDER BY item.valid_until`;

/** Quotes with their lines. Rows of `list` and `lockDue` have no lines. */
@Injectable()
export class QuoteRepository extends TenantScopedRepository<Quote> {
  constructor(unitOfWork: UnitOfWork) {
    super(Quote, 'quoteId', unitOfWork);
  }

  /** Reads the quote and its lines in one snapshot. */
  async findWithLines(tenantId: string, quoteId: string): Promise<Quote | null> {
    const [found] = await this.unitOfWork.read(tenantId, (transaction) =>
      transaction.query<{ lines: object[] }>({
        name: 'quotes.find-with-lines',
        text: `SELECT ${this.columns('item')}, (
                 SELECT coalesce(json_agg(listed), '[]') FROM (
                   SELECT ${selectLines(LINE_COLUMNS)} FROM quote_lines item
                   WHERE item.tenant_id = $1 AND item.quote_id = $2 ORDER BY item.line) listed) AS lines
               FROM quotes item WHERE item.tenant_id = $1 AND item.quote_id = $2`,
        values: [tenantId, quoteId],
      }),
    );
    return found ? this.withLines(this.toEntity(found), found.lines) : null;
  }

  /** Locks the quote, then reads its lines by a second statement: the first may have waited, and its snapshot is from before. */
  override async findForUpdate(tenantId: string, quoteId: string): Promise<Quote | null> {
    return this.unitOfWork.run(tenantId, async (transaction) => {
      const quote = await super.findForUpdate(tenantId, quoteId);
      return quote && this.withLines(quote, await this.linesOf(transaction, quoteId));
    });
  }

  /** Locks at most `limit` quotes whose date has passed, and skips those that another transaction has locked. */
  async lockDue(transaction: Transaction, now: Date, limit: number): Promise<Quote[]> {
    const rows = await transaction.query({
      name: 'quotes.lock-due',
      text: `SELECT ${this.columns('item')} FROM ${DUE_QUOTES('$1', '$2')} LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED`,
      values: [transaction.tenantId, now, limit],
    });
    return rows.map((row) => this.withLines(this.toEntity(row), []));
  }

  override async insert(quote: Quote): Promise<void> {
    await this.unitOfWork.run(quote.tenantId, async (transaction) => {
      await transaction.query(this.insertStatement(quote));
      insertLines(transaction, quote);
    });
  }

  /** Replaces the lines of a quote that was read by `findForUpdate`. */
  replaceLines(transaction: Transaction, quote: Quote): void {
    transaction.write({
      name: 'quote_lines.delete',
      text: 'DELETE FROM quote_lines WHERE tenant_id = $1 AND quote_id = $2',
      values: [quote.tenantId, quote.quoteId],
    });
    insertLines(transaction, quote);
  }

  protected override toEntity(row: object): Quote {
    return super.toEntity(withNumbers(row, ['totalAmount']));
  }

  private linesOf(transaction: Transaction, quoteId: string): Promise<object[]> {
    return transaction.query({
      name: 'quote_lines.of-quote',
      text: `SELECT ${selectLines(LINE_COLUMNS)} FROM quote_lines item
             WHERE item.tenant_id = $1 AND item.quote_id = $2 ORDER BY item.line`,
      values: [transaction.tenantId, quoteId],
    });
  }

  private withLines(quote: Quote, lines: readonly object[]): Quote {
    quote.lines = lines.map((line) => hydrate(QuoteLine, line));
    return quote;
  }
}

function insertLines(transaction: Transaction, { lines }: Quote): void {
  transaction.write({
    name: 'quote_lines.insert',
    text: `INSERT INTO quote_lines (${NAMES}) SELECT ${NAMES} FROM jsonb_populate_recordset(NULL::quote_lines, $1::jsonb)`,
    values: [JSON.stringify(lines.map((line) => toJson(line, LINE_COLUMNS)))],
  });
}
