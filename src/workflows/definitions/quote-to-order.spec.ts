import { describe, expect, it } from '@jest/globals';
import fc, { assertUntilReached } from '../../../test/support/property.js';
import {
  anyFate,
  FakeEngine,
  NEVER,
  StepRefused,
  type FakeWorld,
  type Fate,
  type Plan,
} from '../../../test/support/fake-engine.js';
import { quoteToOrder, type QuoteToOrderInput } from './quote-to-order.js';
import { CANCEL, FINISH_RUN, MARK_RUN, RETRY, type Outcome, type StepRequest } from './run-body.js';

const DAY_MS = 86_400_000;
const VALID_UNTIL = 3 * DAY_MS;

/** Action of somebody else before a step. */
type Outside = 'nothing' | 'accept' | 'decline' | 'approve' | 'fulfil' | 'cancel' | 'link' | 'link another' | 'end';

interface SoldOrder {
  readonly madeBy: 'run' | 'other';
  status: 'PENDING' | 'APPROVED' | 'FULFILLED' | 'CANCELLED';
  fulfilledBy?: 'run' | 'other';
  cancelledBy?: 'run' | 'other';
  revoked: boolean;
}

/** Subscription with the license that it is linked with: that of the order, or another one. */
interface Subscribed {
  license: 'license' | 'another' | null;
  linkedBy?: 'run' | 'other';
  hasEnded: boolean;
}

/** One quote, its order and a subscription, each effect once for its idempotency key. */
class Sale implements FakeWorld {
  time = 0;
  quote: 'DRAFT' | 'SENT' | 'ACCEPTED' | 'DECLINED' = 'DRAFT';
  order: SoldOrder | undefined;
  readonly subscription: Subscribed = { license: null, hasEnded: false };
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
    else if (outside === 'end') this.subscription.hasEnded = true;
    else if (outside === 'link another') this.link('another', 'other');
    else if (outside === 'link' && this.license) this.link(this.license, 'other');
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
      case 'matchSubscription': {
        const { license, hasEnded } = this.subscription;
        const found = { license_id: this.license, customer_id: 'c' };
        if (license !== null && license === this.license) return found;
        if (hasEnded) throw new StepRefused('SUBSCRIPTION_ENDED');
        if (license !== null) throw new StepRefused('SUBSCRIPTION_LINKED');
        return found;
      }
      case 'linkSubscription': {
        const linked_now = this.link(argument.license_id as 'license', 'run');
        if (this.subscription.license !== argument.license_id) throw new StepRefused('SUBSCRIPTION_LINKED');
        return { license_id: argument.license_id, linked_now };
      }
      case 'unlinkSubscription':
        expect(this.subscription).toMatchObject({ license: 'license', linkedBy: 'run' });
        this.subscription.license = null;
        return { license_id: argument.license_id };
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

  /** License that the order issued. */
  private get license(): 'license' | null {
    return this.order?.fulfilledBy ? 'license' : null;
  }

  /** Links a license unless there is one, and returns whether it did. */
  private link(license: 'license' | 'another', by: 'run' | 'other'): boolean {
    if (this.subscription.license !== null) return false;
    this.subscription.license = license;
    this.subscription.linkedBy = by;
    return true;
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

const SOLD = { quote_id: 'quote', order_id: 'order', customer_id: 'c' };

describe('quote-to-order', () => {
  const anyPlanOf = (fate: fc.Arbitrary<Fate>, cancelFrom = 0) =>
    fc.record({
      fates: fc.array(fate, { maxLength: 16 }),
      messages: fc.array(fc.constantFrom('accepted', 'approved', 'fulfilled', CANCEL, RETRY, 'other', null), {
        maxLength: 10,
      }),
      cancelAt: fc.oneof(fc.constant(NEVER), fc.integer({ min: cancelFrom, max: cancelFrom + 14 })),
    });

  /** Compares what the run left with what its outcome says. */
  function assertEnd(
    sale: Sale,
    outcome: Outcome,
    { confirmation, subscription_id }: Partial<QuoteToOrderInput>,
  ): void {
    const { order, subscription } = sale;
    const isLinkedByRun = subscription.license !== null && subscription.linkedBy === 'run';
    expect(sale.outcomes).toEqual([outcome]);
    expect(sale.fulfilments).toBeLessThanOrEqual(1);
    // A fulfilment of somebody else is never taken back, and an order of somebody else only with the run's own fulfilment.
    if (order?.fulfilledBy === 'other') expect(order.revoked).toBe(false);
    if (order?.fulfilledBy !== 'run') expect([order?.madeBy, order?.cancelledBy]).not.toEqual(['other', 'run']);
    if (outcome.state === 'COMPLETED') {
      expect(order?.cancelledBy).not.toBe('run');
      expect(order?.fulfilledBy).toBeDefined();
      expect(sale.emails).toBe(confirmation ? 1 : 0);
      const linked = subscription_id === undefined ? {} : { license_id: 'license', subscription_id };
      expect(outcome.result).toEqual({ ...SOLD, email_message_id: confirmation ? 'email-1' : null, ...linked });
      if (subscription_id !== undefined) expect(subscription.license).toBe('license');
      return;
    }
    if (outcome.not_undone.length > 0) return;
    expect(isLinkedByRun).toBe(false);
    if (order?.fulfilledBy === 'run') expect(order).toMatchObject({ status: 'CANCELLED', revoked: true });
    if (order?.madeBy === 'run' && order.fulfilledBy !== 'other') expect(order.status).toBe('CANCELLED');
  }

  it('ends with one order, fulfilled once, or takes back what it made and nothing else, wherever it is refused, killed, stalled or cancelled', async () => {
    const outsides = fc.array(
      fc.constantFrom<Outside>('nothing', 'nothing', 'accept', 'decline', 'approve', 'approve', 'fulfil', 'cancel'),
      { maxLength: 16 },
    );
    const wanted = [
      'COMPLETED run run',
      'COMPLETED other run',
      'CANCELLED run undefined',
      'FAILED run undefined',
      'FAILED undefined undefined',
    ];
    const seen = new Set<string>();
    await assertUntilReached(
      fc.asyncProperty(
        anyPlanOf(anyFate),
        outsides,
        fc.boolean(),
        fc.boolean(),
        async (plan, outside, fulfil, confirmation) => {
          const { sale, ended } = start({ fulfil, confirmation }, plan, [...outside]);
          const outcome = await ended;
          assertEnd(sale, outcome, { confirmation });
          seen.add(`${outcome.state} ${sale.order?.madeBy} ${sale.order?.fulfilledBy}`);
        },
      ),
      { numRuns: 1_000, timeLimitMs: 60_000 },
      () => wanted.filter((each) => !seen.has(each)),
    );
  });

  it('ends with the license of the order linked with the subscription, or unlinks what it linked and nothing else, wherever it is refused, killed, stalled or cancelled', async () => {
    // Most steps succeed, so that runs reach the end, where the link is.
    const fates = fc.oneof({ weight: 6, arbitrary: fc.constant<Fate>('done') }, { weight: 1, arbitrary: anyFate });
    const outsides = fc.array(
      fc.oneof(
        { weight: 4, arbitrary: fc.constantFrom<Outside>('nothing', 'approve') },
        { weight: 1, arbitrary: fc.constantFrom<Outside>('accept', 'fulfil', 'cancel', 'link', 'link another', 'end') },
      ),
      { minLength: 8, maxLength: 16 },
    );
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(
        anyPlanOf(fates, 6),
        outsides,
        fc.boolean(),
        fc.boolean(),
        async (plan, outside, fulfil, confirmation) => {
          const input = { fulfil, confirmation, subscription_id: 's' };
          const messages = ['accepted', ...plan.messages];
          const { sale, ended } = start(input, { ...plan, messages }, [...outside]);
          const outcome = await ended;
          assertEnd(sale, outcome, input);
          seen.add(`${outcome.state}, linked by ${sale.subscription.linkedBy}`);
        },
      ),
      { numRuns: 1_000 },
    );
    expect([...seen]).toEqual(
      expect.arrayContaining([
        'COMPLETED, linked by run',
        'COMPLETED, linked by other',
        'FAILED, linked by other',
        'FAILED, linked by undefined',
        'CANCELLED, linked by undefined',
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
      result: { ...SOLD, email_message_id: 'email-1' },
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

  it('does nothing at all for a subscription that does not fit', async () => {
    for (const [outside, code] of [
      ['end', 'SUBSCRIPTION_ENDED'],
      ['link another', 'SUBSCRIPTION_LINKED'],
    ] as const) {
      const { sale, ended } = start({ subscription_id: 's' }, { messages: ['accepted'] }, [outside]);
      expect(await ended).toMatchObject({ state: 'FAILED', error: { code, step: 'matchSubscription' }, undone: [] });
      expect(sale.quote).toBe('DRAFT');
      expect(sale.order).toBeUndefined();
    }
  });

  it('fulfils nothing for a subscription that ended during the wait', async () => {
    const outside: Outside[] = ['nothing', 'nothing', 'nothing', 'nothing', 'nothing', 'approve', 'end'];
    const { sale, ended } = start({ subscription_id: 's' }, { messages: ['accepted'] }, outside);
    expect(await ended).toMatchObject({
      state: 'FAILED',
      error: { code: 'SUBSCRIPTION_ENDED', step: 'matchSubscription' },
      undone: ['cancelOrder'],
    });
    expect(sale).toMatchObject({ fulfilments: 0, order: { status: 'CANCELLED' } });
  });

  it('unlinks what it linked, and takes back the rest, when it is refused or cancelled later', async () => {
    const outside: Outside[] = ['nothing', 'nothing', 'nothing', 'nothing', 'nothing', 'approve'];
    const refused = { fates: [...Array<'done'>(10).fill('done'), 'refused' as const] };
    for (const plan of [refused, { cancelAt: 9 }]) {
      const { sale, ended } = start({ subscription_id: 's' }, { messages: ['accepted'], ...plan }, [...outside]);
      const { undone } = (await ended) as Outcome & { state: 'FAILED' };
      expect(undone).toEqual(['unlinkSubscription', 'cancelOrder', 'cancelOrder']);
      expect(sale).toMatchObject({ subscription: { license: null }, order: { status: 'CANCELLED', revoked: true } });
    }
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
