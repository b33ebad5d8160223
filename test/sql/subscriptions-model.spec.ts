import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import {
  ChangeLicenseTemplateCommand,
  GetLicenseQuery,
  IssueLicenseCommand,
  ReinstateLicenseCommand,
  RenewLicenseCommand,
  RevokeLicenseCommand,
  SuspendLicenseCommand,
  UpdateLicenseCommand,
} from '../../src/licensing/index.js';
import { Actor } from '../../src/shared/access/actor.js';
import { Clock } from '../../src/shared/time/clock.js';
import {
  CreateSubscriptionCommand,
  GetSubscriptionQuery,
  IngestBillingEventCommand,
  LinkLicenseCommand,
  type BillingEventRequest,
} from '../../src/subscriptions/index.js';
import { deriveState, type OrderedEvent } from '../../src/subscriptions/subscription-state.js';
import { BILLING_EVENT_KINDS } from '../../src/subscriptions/subscription-status.js';
import fc, { assertUntilReached } from '../support/property.js';
import { unique } from '../support/api.js';
import { TestApp } from '../support/app.js';

const RUNS = Number(process.env.MODEL_RUNS ?? 30);
const START = Date.parse('2026-01-01T00:00:00.000Z');
const at = (days: number) => new Date(START + days * 86_400_000).toISOString();
/** All events happened in the first ten days, and the periods that they pay end thereafter. */
const NOW = new Date(at(10));
const reason = { code: 'OTHER' } as const;

/** Actions on the license by hand. */
const HAND = ['suspend', 'reinstate', 'revoke', 'renew', 'expiry', 'seats', 'grace', 'template'] as const;
type Hand = (typeof HAND)[number];

interface Draft {
  readonly kind: BillingEventRequest['kind'];
  readonly day: number;
  readonly end: number;
  readonly template: 0 | 1;
  readonly quantity: number;
  readonly flag: boolean;
}

interface Part {
  readonly events: readonly BillingEventRequest[];
  /** Two deliveries of the events, each in an order of its own and with repetitions. */
  readonly deliveries: readonly [readonly BillingEventRequest[], readonly BillingEventRequest[]];
}

describe('the model of a subscription with its license', () => {
  let app: TestApp;
  let commands: CommandBus;
  let actor: Actor;
  let templates: readonly [string, string];

  beforeAll(async () => {
    app = await TestApp.start({
      environment: { LICENSE_TIMER_INTERVAL_MS: '86400000' },
      override: (builder) => builder.overrideProvider(Clock).useValue({ now: () => NOW }),
    });
    commands = app.nest.get(CommandBus);
    const api = await app.tenant();
    actor = Actor.service('test', api.tenantId);
    const terms = { default_duration: 30, grace_period_days: 10, max_activations: 5 };
    const basic = await api.template(terms);
    const { product_id } = (await api.get(`/v1/license-templates/${basic}`)).body;
    const model = { license_type: 'SUBSCRIPTION', license_model: 'PER_SEAT', template_name: 'Team', product_id };
    const team = { ...terms, ...model, grace_period_days: 20, max_activations: 25, auto_renewal_enabled: true };
    templates = [basic, (await api.create('/v1/license-templates', team)).template_id as string];
  });

  afterAll(() => app.stop());

  const events = (max: number) =>
    fc
      .array(
        fc.record({
          kind: fc.constantFrom(...BILLING_EVENT_KINDS),
          // Few times, so that some are equal.
          day: fc.integer({ min: 1, max: 8 }),
          end: fc.integer({ min: 11, max: 60 }),
          template: fc.constantFrom<0 | 1>(0, 1),
          quantity: fc.integer({ min: 1, max: 9 }),
          flag: fc.boolean(),
        }),
        { maxLength: max },
      )
      .map((drafts) => drafts.map((draft) => toEvent(draft)));

  function toEvent({ kind, day, end, template, quantity, flag }: Draft): BillingEventRequest {
    const period = { period_end: at(end) };
    const all: Partial<Record<Draft['kind'], object>> = {
      activated: { ...period, ...(flag && { quantity, trial: true }) },
      renewed: period,
      payment_recovered: flag ? period : {},
      plan_changed: { template_id: templates[template], ...(flag && { quantity }) },
      quantity_changed: { quantity },
      resumed: flag ? period : {},
      cancel_scheduled: flag ? {} : { cancel_at_period_end: false },
      canceled: flag ? {} : { ends_at: at(end) },
    };
    const facts = all[kind] ?? {};
    return { event_id: `e-${unique()}`, occurred_at: at(day), kind, ...facts };
  }

  const part = (max: number) =>
    events(max).chain((of) => {
      const delivery = fc
        .tuple(fc.shuffledSubarray(of, { minLength: of.length }), fc.subarray(of))
        .chain(([shuffled, again]) => fc.constant([...shuffled, ...again]));
      return fc.record<Part>({ events: fc.constant(of), deliveries: fc.tuple(delivery, delivery) });
    });

  async function start(): Promise<{ id: string; licenseId: string }> {
    const id = `sub-${unique()}`;
    const issue = { license_template_id: templates[0], customer_id: 'customer-1' };
    const { license_id: licenseId } = await commands.execute(new IssueLicenseCommand(actor, issue));
    const subscription = {
      subscription_id: id,
      customer_id: 'customer-1',
      template_id: templates[0],
      period_end: at(30),
    };
    await commands.execute(new CreateSubscriptionCommand(actor, subscription));
    await commands.execute(new LinkLicenseCommand(actor, id, { license_id: licenseId }));
    return { id, licenseId };
  }

  const deliver = async (id: string, delivery: readonly BillingEventRequest[]) => {
    for (const event of delivery) await commands.execute(new IngestBillingEventCommand(actor, id, event));
  };

  const byHand: Record<Hand, (licenseId: string) => Promise<unknown>> = {
    suspend: (id) => commands.execute(new SuspendLicenseCommand(actor, id, { reason })),
    reinstate: (id) => commands.execute(new ReinstateLicenseCommand(actor, id, {})),
    revoke: (id) => commands.execute(new RevokeLicenseCommand(actor, id, { reason })),
    renew: (id) => commands.execute(new RenewLicenseCommand(actor, id, { days: 7 })),
    expiry: (id) => commands.execute(new UpdateLicenseCommand(actor, id, { expiry_date: at(40) })),
    seats: (id) => commands.execute(new UpdateLicenseCommand(actor, id, { max_activations: 77 })),
    grace: (id) => commands.execute(new UpdateLicenseCommand(actor, id, { grace_period_days: 3 })),
    template: (id) =>
      commands.execute(new ChangeLicenseTemplateCommand(actor, id, { license_template_id: templates[1] })),
  };

  const act = (hand: Hand, licenseId: string) =>
    byHand[hand](licenseId).then(
      () => 'ok',
      (error: unknown) => (error as { errorCode?: string }).errorCode,
    );

  /** Subscription and license without the fields that differ between twins. */
  async function look({ id, licenseId }: { id: string; licenseId: string }) {
    const query = app.nest.get(QueryBus);
    const license = await query.execute(new GetLicenseQuery(actor, licenseId));
    const subscription = await query.execute(new GetSubscriptionQuery(actor, id));
    const same = { subscription_id: '', version: 0, created_at: '', updated_at: '' };
    return {
      subscription: { ...subscription, ...same, license: null },
      license: { ...license, ...same, license_id: '', license_key_last_four: '' },
    };
  }

  const toOrdered = ({ event_id, occurred_at, kind, ...facts }: BillingEventRequest): OrderedEvent => ({
    eventId: event_id,
    occurredAt: new Date(occurred_at),
    kind,
    facts,
  });

  it('ends in the same state for every order of the same events, with repetitions and what is done by hand in between', async () => {
    const seen = new Set<string>();
    const script = fc.record({
      first: part(6),
      hands: fc.array(fc.constantFrom(...HAND), { maxLength: 3 }),
      second: part(6),
    });
    const property = fc.asyncProperty(script, async ({ first, hands, second }) => {
      const twins = [await start(), await start()] as const;
      const outcomes = await Promise.all(
        twins.map(async (twin, n) => {
          await deliver(twin.id, first.deliveries[n as 0 | 1]);
          const answers: (string | undefined)[] = [];
          for (const hand of hands) answers.push(await act(hand, twin.licenseId));
          const between = await look(twin);
          await deliver(twin.id, second.deliveries[n as 0 | 1]);
          return { answers, between, end: await look(twin) };
        }),
      );
      expect(outcomes[1]).toEqual(outcomes[0]);
      const { answers, between, end } = outcomes[0]!;
      const expected = deriveState(
        {
          ...{ status: 'ACTIVE', template_id: templates[0], quantity: null, period_start: null },
          ...{ period_end: at(30), cancel_at_period_end: false },
        },
        [...first.events, ...second.events].map(toOrdered),
      );
      expect(end.subscription).toMatchObject({
        template_id: expected.templateId,
        quantity: expected.quantity,
        hold: expected.hold,
        period_end: expected.periodEnd?.toISOString() ?? null,
        ends_at: expected.endsAt?.toISOString() ?? null,
      });
      const done = hands.filter((_, n) => answers[n] === 'ok');
      const lastSuspension = done.findLast((hand) => ['suspend', 'reinstate', 'revoke'].includes(hand));
      if (done.includes('revoke')) expect(end.license).toEqual(between.license);
      else if (lastSuspension === 'suspend')
        expect(end.license).toMatchObject({ status: 'SUSPENDED', held_by_subscription: false });
      else if (hands.length === 0) expectFollowed(end.license, expected);
      for (const word of [end.license.status, expected.status, String(expected.hold), ...done]) seen.add(word);
    });
    await assertUntilReached(property, { numRuns: RUNS, timeLimitMs: 60_000 }, () =>
      ['SUSPENDED', 'REVOKED', 'ACTIVE', 'CANCELED', 'PAST_DUE', 'TRIALING', 'REFUNDED', 'PAUSED', ...HAND].filter(
        (word) => !seen.has(word),
      ),
    );
  }, 180_000);

  /** Without a hand the license is what the subscription says. */
  function expectFollowed(license: Record<string, unknown>, state: ReturnType<typeof deriveState>): void {
    const expiry = state.endsAt ?? state.periodEnd;
    expect(license).toMatchObject({
      template_id: state.templateId,
      expiry_date: expiry?.toISOString(),
      auto_renewal_enabled: false,
      ...(state.quantity !== null && { max_activations: state.quantity }),
      ...(state.endsAt !== null && { grace_period_days: 0 }),
    });
    expect(license.status === 'SUSPENDED').toBe(state.holds.length > 0);
  }
});
