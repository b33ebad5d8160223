import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from '../../test/support/property.js';
import { Lines, type LineRequest } from './lines.requests.js';
import { Order } from './order.entity.js';
import { OrderStateError, PaymentTooHighError, RefundTooHighError } from './order.errors.js';
import { ORDER_PAYMENTS, ORDER_STATUSES, ORDER_TRANSITIONS, PAYMENT_STATUSES } from './order-status.js';
import { QUOTE_STATUSES, QUOTE_TRANSITIONS } from './quotes/quote-status.js';

const NOW = new Date('2026-11-29T12:00:00.000Z');
const DOCUMENT = readFileSync('docs/orders.md', 'utf8');
const PRICES = [0, 1, 99, 100_000, 2 ** 40, Number.MAX_SAFE_INTEGER];

const issue = (unit_price: number, quantity = 1): LineRequest => ({
  kind: 'ISSUE',
  license_template_id: 't',
  quantity,
  unit_price,
});
const orderOf = (lines: LineRequest[]) =>
  Order.fromRequest('acme', { customer_id: 'c', currency: 'EUR', lines, metadata: {} }, NOW);

/** Returns the rows of the table in docs/orders.md whose head has these columns, by their first cell. */
function documentedTable(columns: readonly string[]): Map<string, string[]> {
  const tables = DOCUMENT.split(/\n(?!\|)/).filter((block) => block.includes('\n|'));
  const cellsOf = (row: string) =>
    row
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim());
  for (const table of tables) {
    const [head = [], , ...rows] = [...table.matchAll(/^\|.*\|$/gm)].map(([row]) => cellsOf(row));
    if (columns.every((column, at) => head[at + 1] === column))
      return new Map(rows.map(([name = '', ...cells]) => [name, cells]));
  }
  throw new Error(`There is no table of ${columns.join(', ')}.`);
}

/** Returns "from to" of each arrow with the action, in a diagram of docs/orders.md. */
function drawn(action: string, statuses: readonly string[]): string[] {
  const arrows = [...DOCUMENT.matchAll(/^ {2}([A-Z]+) --> ([A-Z]+): (.+)$/gm)];
  return arrows
    .filter(([, from = '', , actions = '']) => statuses.includes(from) && actions.split(', ').includes(action))
    .map(([, from, to]) => `${from} ${to}`)
    .sort();
}

describe('the statuses', () => {
  it('of orders and their payments are those of the document, in its table and its diagram', () => {
    const table = documentedTable(ORDER_STATUSES);
    expect([...table.keys()]).toEqual(Object.keys(ORDER_TRANSITIONS));
    for (const [action, targets] of Object.entries(ORDER_TRANSITIONS)) {
      const [payments = '', ...cells] = table.get(action)?.toReversed() ?? [];
      expect({ action, cells: cells.reverse() }).toEqual({
        action,
        cells: ORDER_STATUSES.map((status) => targets[status] ?? '-'),
      });
      const allowed = ORDER_PAYMENTS[action as keyof typeof ORDER_PAYMENTS];
      const all = allowed.length === PAYMENT_STATUSES.length ? 'any' : allowed.join(', ');
      expect({ action, payments }).toEqual({ action, payments: all });
      expect({ action, arrows: drawn(action, ORDER_STATUSES) }).toEqual({
        action,
        arrows: Object.entries(targets)
          .map(([from, to]) => `${from} ${to}`)
          .sort(),
      });
    }
  });

  it('of quotes are those of the document, in its table and its diagram', () => {
    const table = documentedTable(QUOTE_STATUSES);
    const { expire, ...actions } = QUOTE_TRANSITIONS;
    expect(expire).toEqual({ EXPIRED: 'EXPIRED' });
    expect([...table.keys()]).toEqual(Object.keys(actions));
    for (const [action, targets] of Object.entries(actions)) {
      expect({ action, cells: table.get(action) }).toEqual({
        action,
        cells: QUOTE_STATUSES.map((status) => targets[status] ?? '-'),
      });
      expect({ action, arrows: drawn(action, QUOTE_STATUSES) }).toEqual({
        action,
        arrows: Object.entries(targets)
          .map(([from, to]) => `${from} ${to}`)
          .sort(),
      });
    }
  });
});

describe('the amounts of an order', () => {
  it('are refused exactly if their sum is no safe integer', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ price: fc.constantFrom(...PRICES), quantity: fc.integer({ min: 1, max: 50 }) }), {
          minLength: 1,
          maxLength: 10,
        }),
        (drawnLines) => {
          const lines = drawnLines.map(({ price, quantity }) => issue(price, quantity));
          const exact = drawnLines.reduce((sum, { price, quantity }) => sum + BigInt(price) * BigInt(quantity), 0n);
          const isSafe = exact <= BigInt(Number.MAX_SAFE_INTEGER);
          expect(Lines.safeParse(lines).success).toBe(isSafe);
          if (isSafe) expect(BigInt(orderOf(lines).totalAmount)).toBe(exact);
        },
      ),
    );
  });

  it('stay consistent whatever is paid, fails and is refunded, in any order', () => {
    const step = fc.oneof(
      fc.record({ pay: fc.option(fc.integer({ min: 1, max: 40 }), { nil: undefined }) }),
      fc.record({
        refund: fc.option(fc.uniqueArray(fc.integer({ min: 1, max: 3 }), { minLength: 1 }), { nil: undefined }),
      }),
      fc.constant('fail' as const),
    );
    const prices = fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 3, maxLength: 3 });
    const seen = new Set<string>();
    fc.assert(
      fc.property(prices, fc.array(step, { maxLength: 12 }), (all, steps) => {
        const order = orderOf(all.map((price) => issue(price)));
        for (const each of steps) {
          const before = order.snapshot();
          try {
            if (each === 'fail') order.failPayment();
            else if ('pay' in each) order.recordPayment(each.pay);
            else order.refund(each.refund, 'KEEP');
          } catch (error) {
            const known = [OrderStateError, PaymentTooHighError, RefundTooHighError];
            if (!known.some((type) => error instanceof type)) throw error;
            expect(order.snapshot()).toEqual(before);
          }
          const net = order.paidAmount - order.refundedAmount;
          const open = order.lines.filter(({ refunded }) => !refunded).reduce((sum, { amount }) => sum + amount, 0);
          expect(net).toBeGreaterThanOrEqual(0);
          expect(order.paidAmount).toBeLessThanOrEqual(order.totalAmount + order.refundedAmount);
          expect(order.dueAmount).toBe(Math.max(0, open - net));
          expect({ status: order.paymentStatus, isPaid: order.paymentStatus === 'PAID' }).toEqual({
            status: order.paymentStatus,
            isPaid: order.lines.some(({ refunded }) => !refunded) && net >= open,
          });
          expect(order.paymentStatus === 'REFUNDED').toBe(order.lines.every(({ refunded }) => refunded));
          if (order.paymentStatus === 'REFUNDED') expect(net).toBe(0);
          seen.add(order.paymentStatus);
        }
      }),
    );
    expect([...seen].sort()).toEqual([...PAYMENT_STATUSES].sort());
  });
});
