import { describe, expect, it } from '@jest/globals';
import {
  anyPlan,
  FakeEngine,
  NEVER,
  StepRefused,
  type FakeWorld,
  type Plan,
} from '../../../test/support/fake-engine.js';
import { describeEngine, FAKE_ENGINE } from '../../../test/support/engine-contract.js';
import fc from '../../../test/support/property.js';
import type { Body } from './contract.js';
import { leadToCustomer, type LeadToCustomerInput } from './lead-to-customer.js';
import { issueTermsOf } from '../steps/issue-terms.js';
import { FINISH_RUN, isUnrecorded, MARK_RUN, runBody, type Outcome, type StepRequest } from './run-body.js';

/** Effects of the steps, each once for its idempotency key. */
class World implements FakeWorld {
  readonly customers = new Map<string, { active: boolean }>();
  readonly licenses = new Map<string, { revoked: boolean }>();
  readonly emails: string[] = [];
  readonly marks: unknown[] = [];
  readonly outcomes: Outcome[] = [];
  private readonly results = new Map<string, unknown>();

  perform({ step, key, argument }: StepRequest): unknown {
    if (!this.results.has(key)) this.results.set(key, this.take(step, argument as Record<string, never>));
    return this.results.get(key);
  }

  has({ key }: StepRequest): boolean {
    return this.results.has(key);
  }

  private take(step: string, argument: Record<string, never>): unknown {
    const { customer = {}, customer_id: id = '', license_id: license = '' } = argument;
    switch (step) {
      case 'createCustomer': {
        const { customer_id = `made-${this.customers.size}` } = customer as { customer_id?: string };
        const created = !this.customers.has(customer_id);
        if (created) this.customers.set(customer_id, { active: true });
        return { customer_id, created };
      }
      case 'deactivateCustomer':
        this.customers.set(id, { active: false });
        return { customer_id: id };
      case 'issueLicense':
        this.licenses.set(`license-${this.licenses.size}`, { revoked: false });
        return { license_id: `license-${this.licenses.size - 1}`, created: true };
      case 'sendLicenseEmail':
        this.emails.push(license);
        return { email_message_id: `email-${this.emails.length}` };
      case 'revokeLicense':
        this.licenses.set(license, { revoked: true });
        return { license_id: license };
      case MARK_RUN:
        return this.marks.push(argument);
      case FINISH_RUN:
        return this.outcomes.push(argument as never);
      default:
        throw new Error(`There is no step ${step}.`);
    }
  }
}

const LEAD: LeadToCustomerInput = {
  lead: { first_name: 'Jane' },
  license_template_id: 'team',
  approval: false,
  approval_timeout_days: 30,
  welcome: true,
};

function start(input: Partial<LeadToCustomerInput>, plan: Partial<Plan> = {}) {
  const world = new World();
  const engine = new FakeEngine(world, { fates: [], messages: [], cancelAt: NEVER, ...plan });
  return { world, engine, ended: engine.run(leadToCustomer, { ...LEAD, ...input }) };
}

describe('lead-to-customer', () => {
  it('ends with one license or with nothing, wherever it is refused, killed, stalled or cancelled', async () => {
    await fc.assert(
      fc.asyncProperty(anyPlan(['approved']), fc.boolean(), fc.boolean(), async (plan, approval, isKnown) => {
        const world = new World();
        if (isKnown) world.customers.set('known', { active: true });
        const engine = new FakeEngine(world, plan);
        const lead = isKnown ? { customer_id: 'known' } : LEAD.lead;
        const outcome = await engine.run(leadToCustomer, { ...LEAD, lead, approval });

        expect(world.outcomes).toEqual([outcome]);
        expect(world.licenses.size).toBeLessThanOrEqual(1);
        const active = [...world.licenses].filter(([, { revoked }]) => !revoked).map(([id]) => id);
        const customers = [...world.customers].filter((customer) => customer[1].active).map(([id]) => id);
        if (outcome.state === 'COMPLETED') {
          expect(world.emails).toEqual(active);
          const [customer_id] = customers;
          expect([outcome.result]).toEqual(
            active.map((license_id) => ({ license_id, customer_id, email_message_id: 'email-1' })),
          );
          return;
        }
        const refused = outcome.not_undone.map(({ step }) => step);
        expect(active).toHaveLength(refused.includes('revokeLicense') ? 1 : 0);
        // A customer that was found stays as it was.
        expect(customers).toHaveLength(isKnown || refused.includes('deactivateCustomer') ? 1 : 0);
        expect(outcome.undone).not.toContain(isKnown ? 'deactivateCustomer' : 'nothing');
      }),
      { numRuns: 500 },
    );
  });

  it('lets a license start at its issue if its start has passed meanwhile, and else as the input says', async () => {
    const [passed, future] = [new Date(1).toISOString(), new Date(60_000).toISOString()];
    for (const starts of [undefined, 'AT_ISSUE', 'AT_FIRST_ACTIVATION', passed, future] as const) {
      const { engine, ended } = start({ approval: true, starts }, { messages: ['approved'] });
      expect(await ended).toMatchObject({ state: 'COMPLETED' });
      const issued = engine.attempted.find(({ key }) => key.startsWith('issueLicense'));
      const terms = issueTermsOf(issued?.argument as Parameters<typeof issueTermsOf>[0]);
      expect(terms.starts).toBe(starts === passed ? undefined : starts);
      expect(terms).not.toHaveProperty('requested_at');
    }
  });

  it('waits for the approval, takes one that came before, and fails without one', async () => {
    const { world, ended } = start({ approval: true }, { messages: ['other', 'approved'] });
    expect(await ended).toMatchObject({ state: 'COMPLETED' });
    expect(world.marks).toEqual([
      { state: 'WAITING', signal: 'approved', until: 30 * 86_400_000 + 1 },
      { state: 'RUNNING' },
    ]);
    expect(await start({ approval: true }, { messages: [null] }).ended).toEqual({
      state: 'FAILED',
      error: { code: 'NOT_APPROVED', message: 'Nobody approved the run within 30 days.', step: null },
      undone: ['deactivateCustomer'],
      not_undone: [],
    });
  });

  it('is undone in reverse when it is cancelled after a step, but completes when its last step has ended', async () => {
    expect(await start({}, { cancelAt: 0 }).ended).toMatchObject({
      state: 'CANCELLED',
      error: { code: 'CANCELLED' },
      undone: ['deactivateCustomer'],
    });
    expect(await start({}, { cancelAt: 1 }).ended).toMatchObject({
      state: 'CANCELLED',
      undone: ['revokeLicense', 'deactivateCustomer'],
    });
    expect(await start({}, { cancelAt: 2 }).ended).toMatchObject({ state: 'COMPLETED' });
  });

  it('stalls with nothing undone when a step fails at every attempt, and goes on with the same key', async () => {
    const { world, engine, ended } = start({}, { fates: ['done', 'exhausted after'] });
    expect(await ended).toMatchObject({ state: 'COMPLETED' });
    const stalled = { state: 'STALLED', step: 'issueLicense', error: { code: 'DATABASE_BUSY', message: 'Busy.' } };
    expect(world.marks).toEqual([stalled, { state: 'RUNNING' }]);
    const keys = engine.history.flatMap(({ call }) => /"step":"issueLicense","key":"(\w+)"/.exec(call)?.[1] ?? []);
    expect(keys).toEqual(['issueLicense', 'issueLicense']);
    expect(world.licenses.size).toBe(1);
  });

  it('reports what it could not take back', async () => {
    const { ended } = start({ license_template_id: 'none' }, { fates: ['done', 'refused', 'refused'] });
    expect(await ended).toMatchObject({
      state: 'FAILED',
      error: { code: 'NO', step: 'issueLicense' },
      undone: [],
      not_undone: [{ step: 'deactivateCustomer', code: 'NO' }],
    });
  });
});

describeEngine('the engine of the tests of bodies', () => Promise.resolve(FAKE_ENGINE));

describe('the runner of bodies', () => {
  it('throws an error that is no refusal, and undoes nothing, because the machinery repeats it', async () => {
    const world = new World();
    const engine = new FakeEngine(world, { fates: [], messages: [], cancelAt: NEVER });
    const body: Body<never> = async (w) => {
      await w.steps.issueLicense({ license_template_id: 't', customer_id: 'c' });
      w.undo(() => w.steps.revokeLicense({ license_id: 'license-0' }));
      throw new TypeError('a defect');
    };
    await expect(runBody(body, {}, engine)).rejects.toThrow('a defect');
    expect([...world.licenses.values()]).toEqual([{ revoked: false }]);
    expect(world.outcomes).toEqual([]);
  });
});

it('says of a run whose row is gone that it cannot go on', async () => {
  class Erased extends World {
    override perform(request: StepRequest): unknown {
      if (request.step === FINISH_RUN) throw new StepRefused('WORKFLOW_RUN_NOT_FOUND');
      return super.perform(request);
    }
  }
  const engine = new FakeEngine(new Erased(), { fates: [], messages: [], cancelAt: NEVER });
  const error: unknown = await engine.run(leadToCustomer, LEAD as never).catch((failure: unknown) => failure);
  expect(isUnrecorded(error)).toBe(true);
  expect(isUnrecorded(new Error('The connection broke.'))).toBe(false);
});
