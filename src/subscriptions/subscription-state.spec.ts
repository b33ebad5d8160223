import { describe, expect, it } from '@jest/globals';
import fc from '../../test/support/property.js';
import { deriveState, inOrder, type BillingFacts, type InitialState, type OrderedEvent } from './subscription-state.js';
import { STORED_EVENT_KINDS, type StoredEventKind } from './subscription-status.js';

const INITIAL: InitialState = {
  status: 'ACTIVE',
  template_id: 'basic',
  quantity: null,
  period_start: null,
  period_end: '2026-02-01T00:00:00.000Z',
  cancel_at_period_end: false,
};
const day = (of: number) => new Date(Date.UTC(2026, 0, of));
const event = (
  at: number,
  kind: StoredEventKind,
  facts: BillingFacts = {},
  eventId = `${kind}-${at}`,
): OrderedEvent => ({
  eventId,
  occurredAt: day(at),
  kind,
  facts,
});
const derive = (...events: OrderedEvent[]) => deriveState(INITIAL, events);
const end = (of: number) => ({ period_end: day(of).toISOString() });

const anyEvent = fc.record({
  eventId: fc.uuid(),
  // Few days, so that times are often equal.
  occurredAt: fc.integer({ min: 1, max: 6 }).map(day),
  kind: fc.constantFrom(...STORED_EVENT_KINDS),
  facts: fc.record(
    {
      trial: fc.boolean(),
      template_id: fc.constantFrom('basic', 'team'),
      quantity: fc.integer({ min: 1, max: 9 }),
      period_end: fc.integer({ min: 20, max: 60 }).map((of) => day(of).toISOString()),
      cancel_at_period_end: fc.boolean(),
      ends_at: fc.integer({ min: 20, max: 60 }).map((of) => day(of).toISOString()),
    },
    { requiredKeys: [] },
  ),
});
const anyEvents = fc.uniqueArray(anyEvent, { selector: ({ eventId }) => eventId, maxLength: 12 });

describe('the state of a subscription', () => {
  it('is the same for every order in which its events arrive', () => {
    fc.assert(
      fc.property(
        anyEvents.chain((events) =>
          fc.tuple(fc.constant(events), fc.shuffledSubarray(events, { minLength: events.length })),
        ),
        ([events, shuffled]) => {
          expect(deriveState(INITIAL, shuffled)).toEqual(deriveState(INITIAL, events));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('orders equal times by the bytes of the id', () => {
    const [b, a] = [
      event(3, 'plan_changed', { template_id: 'b' }, 'b'),
      event(3, 'plan_changed', { template_id: 'a' }, 'a'),
    ];
    expect(derive(b, a)).toMatchObject({ templateId: 'b', templateChanges: 2 });
    expect(
      ['B', 'a', '_', '1']
        .map((id) => event(1, 'paused', {}, id))
        .sort(inOrder)
        .map(({ eventId }) => eventId),
    ).toEqual(['1', 'B', '_', 'a']);
  });

  it('counts the changes of a term, never fewer as more events arrive, and none for an event that repeats it', () => {
    fc.assert(
      fc.property(anyEvents, anyEvent, (events, late) => {
        const [before, after] = [deriveState(INITIAL, events), deriveState(INITIAL, [...events, late])];
        for (const [value, changes] of [
          ['templateId', 'templateChanges'],
          ['quantity', 'quantityChanges'],
        ] as const) {
          expect(after[changes]).toBeGreaterThanOrEqual(before[changes]);
          if (after[changes] === before[changes]) expect(after[value]).toBe(before[value]);
        }
      }),
      { numRuns: 500 },
    );
    const [team, again] = [
      event(1, 'plan_changed', { template_id: 'team' }),
      event(2, 'plan_changed', { template_id: 'team' }),
    ];
    expect(derive(team, again)).toMatchObject({ templateId: 'team', templateChanges: 1, quantityChanges: 0 });
  });

  it('never lets a hold return that has ended, as more events arrive', () => {
    fc.assert(
      fc.property(anyEvents, anyEvent, (events, late) => {
        const [before, after] = [deriveState(INITIAL, events), deriveState(INITIAL, [...events, late])];
        const returned = after.holds.filter((id) => id !== late.eventId && !before.holds.includes(id));
        expect(returned).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it('follows payments: due after a failure, active after recovery or renewal, with the period that was paid', () => {
    const failed = event(2, 'payment_failed');
    expect(derive(failed)).toMatchObject({ status: 'PAST_DUE', periodEnd: day(32), endsAt: null, holds: [] });
    expect(derive(failed, event(3, 'payment_recovered', end(60)))).toMatchObject({
      status: 'ACTIVE',
      periodEnd: day(60),
    });
    expect(derive(failed, event(3, 'renewed', end(60)))).toMatchObject({
      status: 'ACTIVE',
      periodStart: day(32),
      periodEnd: day(60),
    });
    expect(derive(event(3, 'payment_failed'), event(2, 'renewed', end(60)))).toMatchObject({
      status: 'PAST_DUE',
      periodEnd: day(60),
    });
    expect(derive(event(1, 'activated', { trial: true, ...end(15) }))).toMatchObject({ status: 'TRIALING' });
  });

  it('ends with the paid period when it is cancelled, or earlier, and begins again only when it is activated', () => {
    const canceled = event(5, 'canceled');
    expect(derive(canceled)).toMatchObject({ status: 'CANCELED', endsAt: day(32) });
    expect(derive(event(5, 'canceled', { ends_at: day(6).toISOString() }))).toMatchObject({ endsAt: day(6) });
    expect(derive(event(5, 'canceled', { ends_at: day(90).toISOString() }))).toMatchObject({ endsAt: day(32) });
    expect(derive(canceled, event(4, 'renewed', end(60)))).toMatchObject({ endsAt: day(60) });
    const payments = [event(6, 'renewed', end(90)), event(7, 'payment_recovered', end(90)), event(8, 'payment_failed')];
    expect(derive(canceled, ...payments)).toMatchObject({ status: 'CANCELED', endsAt: day(32) });
    expect(derive(canceled, event(6, 'activated', end(90)))).toMatchObject({ status: 'ACTIVE', endsAt: null });
    const unknownPeriod = deriveState({ ...INITIAL, period_end: null }, [canceled]);
    expect(unknownPeriod.endsAt).toEqual(day(5));
  });

  it('ends with the paid period while a cancellation is scheduled', () => {
    const scheduled = event(5, 'cancel_scheduled');
    expect(derive(scheduled)).toMatchObject({ status: 'ACTIVE', cancelAtPeriodEnd: true, endsAt: day(32) });
    const withdrawn = event(6, 'cancel_scheduled', { cancel_at_period_end: false });
    expect(derive(scheduled, withdrawn)).toMatchObject({ cancelAtPeriodEnd: false, endsAt: null });
  });

  it('holds the license while it is paused, refunded or charged back, each until its own end', () => {
    const [paused, refunded] = [event(2, 'paused'), event(3, 'refunded')];
    expect(derive(paused, refunded)).toMatchObject({ hold: 'REFUNDED', holds: ['paused-2', 'refunded-3'] });
    expect(derive(paused, refunded, event(4, 'resumed'))).toMatchObject({ hold: 'REFUNDED', holds: ['refunded-3'] });
    expect(derive(paused, refunded, event(4, 'renewed', end(60)))).toMatchObject({ hold: 'PAUSED' });
    expect(derive(refunded, event(4, 'charged_back'))).toMatchObject({
      hold: 'CHARGED_BACK',
      holds: ['charged_back-4'],
    });
    expect(derive(event(4, 'charged_back'), event(5, 'payment_recovered'))).toMatchObject({ hold: null, holds: [] });
    expect(derive(paused, refunded, event(4, 'activated'))).toMatchObject({ hold: null });
  });
});
