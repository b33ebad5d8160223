import { describe, expect, it } from '@jest/globals';
import fc from '../../../test/support/property.js';
import {
  anyFate,
  FakeEngine,
  NEVER,
  StepRefused,
  type FakeWorld,
  type Plan,
} from '../../../test/support/fake-engine.js';
import { quoteToOrder, type QuoteToOrderInput } from './quote-to-order.js';
import { CANCEL, FINISH_RUN, MARK_RUN, RETRY, type Outcome, type StepRequest } from './run-body.js';

const DAY_MS = 86_400_000;
const VALID_UNTIL = 3 * DAY_MS;

/** Action of somebody else before a step. */
type Outside = 'nothing' | 'accept' | 'decline' | 'approve' | 'fulfil' | 'cancel';

interface SoldOrder {
  readonly madeBy: 'run' | 'other';
  status: 'PENDING' | 'APPROVED' | 'FULFILLED' | 'CANCELLED';
  fulfilledBy?: 'run' | 'other';
  cancelledBy?: 'run' | 'other';
  revoked: boolean;
}

/** One quote and its order, each effect once for its idempotency key. */
class Sale implements FakeWorld {
  time = 0;
  quote: 'DRAFT' | 'SENT' | 'ACCEPTED' | 'DECLINED' = 'DRAFT';
  order: SoldOrder | undefined;
  fulfilments = 0;
  emails = 0;
  readonly marks: unknown[] = [];
  readonly outcomes: Outcome[] = [];
  private readonly results = new Map<string, unknown>();

  constructor(private readonly outside: Outside[] = []) {}

  perform({ step, key, argument }: StepRequest): unknown {
    if (!this.results.has(key)) {
      this.happen(this.outside.shift() ?? 'nothing');
      this.results.set(key, this.take(step, argument as Record<string, string>));
    }
    return this.results.get(key);
  }

  has({ key }: StepRequest): boolean {
    return this.results.has(key);
  }

  private happen(outside: Outside): void {
    const { order } = this;
    if (outside === 'accept' && this.status === 'SENT') this.accept('other');
    else if (outside === 'decline' && this.status === 'SENT') this.quote = 'DECLINED';
    else if (outside === 'approve' && order?.status === 'PENDING') order.status = 'APPROVED';
    else if (outside === 'fulfil' && order?.status === 'APPROVED') this.fulfil(order, 'other');
    else if (outside === 'cancel' && order && order.status !== 'CANCELLED') this.cancel(order, 'other');
  }

  private take(step: string, argument: Record<string, string>): unknown {
    switch (step) {
      case 'openQuote':
        if (this.status === 'DRAFT') this.quote = 'SENT';
        return {
          quote_id: argument.quote_id,
          customer_id: 'c',
          status: this.status,
          valid_until: VALID_UNTIL,
        };
      case 'getQuote':
        return { status: this.status };
      case 'acceptQuote': {
        const created = this.status !== 'ACCEPTED';
        if (created && this.status !== 'SENT') throw new StepRefused('QUOTE_STATE');
        if (created) this.accept('run');
        return { order_id: 'order', created };
      }
      case 'getOrder':
        return { status: this.sold.status, due: this.sold.status === 'APPROVED', awaits: 'approved' };
      case 'fulfilOrder': {
        const fulfilled_now = this.sold.status !== 'FULFILLED';
        if (fulfilled_now && this.sold.status !== 'APPROVED') throw new StepRefused('ORDER_STATE');
        if (fulfilled_now) this.fulfil(this.sold, 'run');
        return { order_id: 'order', fulfilled_now };
      }
      case 'cancelOrder':
        if (argument.undone === 'ORDER' && this.sold.status === 'FULFILLED')
          return { order_id: 'order', cancelled: false };
        if (this.sold.status !== 'CANCELLED') this.cancel(this.sold, 'run');
        if (argument.undone === 'FULFILMENT') this.sold.revoked = true;
        return { order_id: 'order', cancelled: true };
      case 'confirmOrder':
        return { email_message_id: `email-${++this.emails}` };
      case MARK_RUN:
        return this.marks.push(argument);
      case FINISH_RUN:
        return this.outcomes.push(argument as never);
      default:
        throw new Error(`There is no step ${step}.`);
    }
  }

  private get status(): string {
    const isOpen = this.quote === 'DRAFT' || this.quote === 'SENT';
    return isOpen && this.time >= VALID_UNTIL ? 'EXPIRED' : this.quote;
  }

  private get sold(): SoldOrder {
    if (!this.order) throw new Error('There is no order.');
    return this.order;
  }

  private accept(madeBy: 'run' | 'other'): void {
    if (this.order) throw new Error('A quote has one order.');
    this.quote = 'ACCEPTED';
    this.order = { madeBy, status: 'PENDING', revoked: false };
  }

  private fulfil(order: SoldOrder, by: 'run' | 'other'): void {
    order.status = 'FULFILLED';
    order.fulfilledBy = by;
    this.fulfilments++;
  }

  private cancel(order: SoldOrder, by: 'run' | 'other'): void {
    order.status = 'CANCELLED';
    order.cancelledBy = by;
  }
}

const INPUT: QuoteToOrderInput = { quote_id: 'quote', fulfil: true, order_timeout_days: 2, confirmation: true };

function start(input: Partial<QuoteToOrderInput>, plan: Partial<Plan> = {}, outside: Outside[] = []) {
  const sale = new Sale(outside);
  const engine = new FakeEngine(sale, { fates: [], messages: [], cancelAt: NEVER, ...plan });
  return { sale, engine, ended: engine.run(quoteToOrder, { ...INPUT, ...input }) };
}

describe('quote-to-order', () => {
  it('ends with one order, fulfilled once, or takes back what it made and nothing else, wherever it is refused, killed, stalled or cancelled', async () => {
    const plans = fc.record({
      fates: fc.array(anyFate, { maxLength: 16 }),
      messages: fc.array(fc.constantFrom('accepted', 'approved', 'fulfilled', CANCEL, RETRY, 'other', null), {
        maxLength: 10,
      }),
      cancelAt: fc.oneof(fc.constant(NEVER), fc.nat({ max: 14 })),
    });
    const outsides = fc.array(
      fc.constantFrom<Outside>('nothing', 'nothing', 'accept', 'decline', 'approve', 'approve', 'fulfil', 'cancel'),
      { maxLength: 16 },
    );
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(plans, outsides, fc.boolean(), fc.boolean(), async (plan, outside, fulfil, confirmation) => {
        const { sale, ended } = start({ fulfil, confirmation }, plan, [...outside]);
        const outcome = await ended;
        const { order } = sale;
        expect(sale.outcomes).toEqual([outcome]);
        expect(sale.fulfilments).toBeLessThanOrEqual(1);
        // A fulfilment of somebody else is never taken back, and an order of somebody else only with the run's own fulfilment.
        if (order?.fulfilledBy === 'other') expect(order.revoked).toBe(false);
        if (order?.fulfilledBy !== 'run') expect([order?.madeBy, order?.cancelledBy]).not.toEqual(['other', 'run']);
        seen.add(`${outcome.state} ${order?.madeBy} ${order?.fulfilledBy}`);
        if (outcome.state === 'COMPLETED') {
          expect(order?.cancelledBy).not.toBe('run');
          expect(order?.fulfilledBy).toBeDefined();
          expect(sale.emails).toBe(confirmation ? 1 : 0);
          return;
        }
        if (outcome.not_undone.length > 0) return;
        if (order?.fulfilledBy === 'run') expect(order).toMatchObject({ status: 'CANCELLED', revoked: true });
        if (order?.madeBy === 'run' && order.fulfilledBy !== 'other') expect(order.status).toBe('CANCELLED');
      }),
      { numRuns: 1_000 },
    );
    expect([...seen]).toEqual(
      expect.arrayContaining([
        'COMPLETED run run',
        'COMPLETED other run',
        'CANCELLED run undefined',
        'FAILED run undefined',
        'FAILED undefined undefined',
      ]),
    );
  });

  it('waits until the quote is accepted, then until the order is due, and looks by itself once a day', async () => {
    const { sale, ended } = start({}, { messages: ['accepted', null] }, [
      'nothing',
      'nothing',
      'nothing',
      'nothing',
      'nothing',
      'nothing',
      'approve',
    ]);
    expect(await ended).toMatchObject({
      state: 'COMPLETED',
      result: { quote_id: 'quote', order_id: 'order', customer_id: 'c', email_message_id: 'email-1' },
    });
    expect(sale.marks.filter((mark) => (mark as { state: string }).state === 'WAITING')).toMatchObject([
      { signal: 'accepted' },
      { signal: 'approved' },
    ]);
    expect(sale.order).toMatchObject({ madeBy: 'run', fulfilledBy: 'run', revoked: false });
  });

  it('leaves what somebody else fulfilled when it is refused later', async () => {
    const fates = [...Array<'done'>(6).fill('done'), 'refused' as const];
    const outside: Outside[] = ['nothing', 'nothing', 'nothing', 'nothing', 'approve', 'fulfil'];
    const { sale, ended } = start({}, { messages: ['accepted'], fates }, outside);
    expect(await ended).toMatchObject({ state: 'FAILED', error: { step: 'confirmOrder' } });
    expect(sale.order).toMatchObject({ madeBy: 'run', status: 'FULFILLED', fulfilledBy: 'other', revoked: false });
  });

  it('fails when the date of the quote passes, and makes nothing', async () => {
    const { sale, ended } = start({}, { messages: [null, null, null, null] });
    expect(await ended).toMatchObject({ state: 'FAILED', error: { code: 'QUOTE_EXPIRED' }, undone: [] });
    expect(sale.order).toBeUndefined();
  });

  it('cancels the order that it made when that does not become due in time', async () => {
    const { sale, ended } = start({}, { messages: ['accepted', null, null, null] });
    expect(await ended).toMatchObject({ state: 'FAILED', error: { code: 'ORDER_NOT_DUE' }, undone: ['cancelOrder'] });
    expect(sale.order).toMatchObject({ status: 'CANCELLED', revoked: false });
  });
});
