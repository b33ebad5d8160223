import { Injectable } from '@nestjs/common';
import { violates } from '../database/sql-errors.js';
import { hydrate } from '../shared/hydrate.js';
import { columnsOf, toJson } from '../shared/persistence/entity-columns.js';
import { SET_TENANT_OF_ROW } from '../shared/persistence/set-tenant-of-row.js';
import { TenantScopedRepository } from '../shared/persistence/tenant-scoped.repository.js';
import type { Transaction } from '../shared/persistence/transaction.js';
import { UnitOfWork } from '../shared/persistence/unit-of-work.js';
import { selectLines, withNumbers } from './line-columns.js';
import { OrderLine } from './order-line.entity.js';
import { Order } from './order.entity.js';
import { OrderExistsError } from './order.errors.js';

const AMOUNTS = ['totalAmount', 'paidAmount', 'refundedAmount'] as const;
const LINE_COLUMNS = columnsOf(OrderLine);
const NAMES = LINE_COLUMNS.map(({ name }) => name).join(', ');

/** The look-up is a scalar subquery, which runs for each tenant: PostgreSQL may run EXISTS once for all, under the isolation of the first. */
const TENANTS_WITH_DUE = `
  SELECT tenant_id FROM (
    SELECT tenant_id FROM (SELECT id AS tenant_id FROM tenants WHERE status = 'ACTIVE') AS each
    WHERE ${SET_TENANT_OF_ROW} OFFSET 0) AS tenant
  WHERE (SELECT true FROM orders WHERE tenant_id = tenant.tenant_id AND automatic_fulfilment = 'DUE' LIMIT 1) IS TRUE`;

/** Orders with their lines. Rows of `list` have no lines. */
@Injectable()
export class OrderRepository extends TenantScopedRepository<Order> {
  constructor(unitOfWork: UnitOfWork) {
    super(Order, 'orderId', unitOfWork);
  }

  /** Reads the order and its lines in one snapshot. */
  async findWithLines(tenantId: string, orderId: string): Promise<Order | null> {
    const [found] = await this.unitOfWork.read(tenantId, (transaction) =>
      transaction.query<{ lines: object[] }>({
        name: 'orders.find-with-lines',
        text: `SELECT ${this.columns('item')}, (
                 SELECT coalesce(json_agg(listed), '[]') FROM (
                   SELECT ${selectLines(LINE_COLUMNS)} FROM order_lines item
                   WHERE item.tenant_id = $1 AND item.order_id = $2 ORDER BY item.line) listed) AS lines
               FROM orders item WHERE item.tenant_id = $1 AND item.order_id = $2`,
        values: [tenantId, orderId],
      }),
    );
    return found ? this.withLines(found, found.lines) : null;
  }

  /** Locks the order, then reads its lines by a second statement: the first may have waited, and its snapshot is from before. */
  override async findForUpdate(tenantId: string, orderId: string): Promise<Order | null> {
    return this.unitOfWork.run(tenantId, async (transaction) => {
      const order = await super.findForUpdate(tenantId, orderId);
      if (!order) return null;
      const lines = await transaction.query({
        name: 'order_lines.of-order',
        text: `SELECT ${selectLines(LINE_COLUMNS)} FROM order_lines item
               WHERE item.tenant_id = $1 AND item.order_id = $2 ORDER BY item.line`,
        values: [tenantId, orderId],
      });
      return this.withLines(order, lines);
    });
  }

  /** Returns the active tenants that have orders which the server fulfils. */
  async tenantsWithDue(): Promise<string[]> {
    const rows = await this.unitOfWork.queryStandalone<{ tenant_id: string }>({
      name: 'orders.tenants-with-due',
      text: TENANTS_WITH_DUE,
      values: [],
    });
    return rows.map(({ tenant_id: tenantId }) => tenantId);
  }

  /** Returns the ids of at most `limit` orders that the server fulfils, without those that another process is changing. */
  async findDue(tenantId: string, limit: number): Promise<string[]> {
    const rows = await this.unitOfWork.run(tenantId, (transaction) =>
      transaction.query<{ order_id: string }>({
        name: 'orders.find-due',
        text: `SELECT order_id FROM orders WHERE tenant_id = $1 AND automatic_fulfilment = 'DUE'
               ORDER BY updated_at LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED`,
        values: [tenantId, limit],
      }),
    );
    return rows.map(({ order_id: orderId }) => orderId);
  }

  /** Throws OrderExistsError. */
  override async insert(order: Order): Promise<void> {
    await this.unitOfWork.run(order.tenantId, async (transaction) => {
      await transaction.query(this.insertStatement(order)).catch((error: unknown) => {
        throw violates(error, 'orders_external') ? new OrderExistsError(order.externalId ?? '') : error;
      });
      insertLines(transaction, order);
    });
  }

  /** Writes the order, and what changes of its lines. */
  override async update(order: Order): Promise<void> {
    await this.unitOfWork.run(order.tenantId, async (transaction) => {
      await super.update(order);
      transaction.write({
        name: 'order_lines.update',
        text: `UPDATE order_lines SET fulfilled_quantity = item.fulfilled_quantity, license_ids = item.license_ids,
                 refunded = item.refunded, withdrawal = item.withdrawal, withdrawn_quantity = item.withdrawn_quantity
               FROM jsonb_populate_recordset(NULL::order_lines, $2::jsonb) AS item
               WHERE order_lines.tenant_id = $1 AND order_lines.order_id = item.order_id AND order_lines.line = item.line`,
        values: [order.tenantId, linesJson(order)],
      });
    });
  }

  /** Replaces the lines of an order that was read by `findForUpdate`. */
  replaceLines(transaction: Transaction, order: Order): void {
    transaction.write({
      name: 'order_lines.delete',
      text: 'DELETE FROM order_lines WHERE tenant_id = $1 AND order_id = $2',
      values: [order.tenantId, order.orderId],
    });
    insertLines(transaction, order);
  }

  protected override toEntity(row: object): Order {
    return super.toEntity(withNumbers(row, AMOUNTS));
  }

  private withLines(order: object, lines: readonly object[]): Order {
    const entity = order instanceof Order ? order : this.toEntity(order);
    entity.lines = lines.map((line) => hydrate(OrderLine, line));
    return entity;
  }
}

function insertLines(transaction: Transaction, order: Order): void {
  transaction.write({
    name: 'order_lines.insert',
    text: `INSERT INTO order_lines (${NAMES}) SELECT ${NAMES} FROM jsonb_populate_recordset(NULL::order_lines, $1::jsonb)`,
    values: [linesJson(order)],
  });
}

function linesJson({ lines }: Order): string {
  return JSON.stringify(lines.map((line) => toJson(line, LINE_COLUMNS)));
}
