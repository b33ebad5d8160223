import { describe, expect, it } from '@jest/globals';
import { anyPlan, FakeEngine, NEVER, type FakeWorld, type Plan } from '../../../test/support/fake-engine.js';
import fc from '../../../test/support/property.js';
import { FINISH_RUN, MARK_RUN, type StepRequest } from './run-body.js';
import { subscriptionActivation, type SubscriptionActivationInput } from './subscription-activation.js';

/** A subscription with its license, and the licenses of its customer. Steps take effect once for their keys. */
class World implements FakeWorld {
  readonly licenses = new Map<string, { revoked: boolean }>();
  linked: string | null = null;
  activations = 0;
  private readonly results = new Map<string, unknown>();

  constructor(readonly isFound: boolean) {
    if (isFound) this.licenses.set('found', { revoked: false });
  }

  has({ key }: StepRequest): boolean {
    return this.results.has(key);
  }

  perform({ step, key, argument }: StepRequest): unknown {
    if (!this.results.has(key)) this.results.set(key, this.take(step, argument as Record<string, string>));
    return this.results.get(key);
  }

  /** Links as another run may between two steps of this one. */
  linkedMeanwhile: string | null = null;

  private link(licenseId: string): boolean {
    this.linked = this.linkedMeanwhile ?? this.linked;
    const isNew = this.linked !== licenseId;
    this.linked = licenseId;
    return isNew;
  }

  private take(step: string, { license_id: licenseId = '' }: Record<string, string>): unknown {
    switch (step) {
      case 'findSubscriptionLicense': {
        const found = this.linked ?? (this.isFound ? 'found' : null);
        return { license_id: found, linked: this.linked !== null, customer_id: 'c', license_template_id: 't' };
      }
      case 'issueLicense': {
        const id = `issued-${this.licenses.size}`;
        this.licenses.set(id, { revoked: false });
        return { license_id: id, created: true };
      }
      case 'revokeLicense':
        this.licenses.set(licenseId, { revoked: true });
        return { license_id: licenseId };
      case 'linkSubscription':
        return { license_id: licenseId, linked_now: this.link(licenseId) };
      case 'unlinkSubscription':
        if (this.linked === licenseId) this.linked = null;
        return { license_id: licenseId };
      case 'activateSubscription':
        this.activations++;
        return { subscription_id: 's' };
      case MARK_RUN:
        return {};
      case FINISH_RUN:
        return {};
      default:
        throw new Error(`There is no step ${step}.`);
    }
  }
}

const INPUT: SubscriptionActivationInput = { subscription_id: 's', period_end: '2027-01-01T00:00:00.000Z' };

function start(world: World, plan: Partial<Plan> = {}) {
  return new FakeEngine(world, { fates: [], messages: [], cancelAt: NEVER, ...plan }).run(
    subscriptionActivation,
    INPUT,
  );
}

describe('subscription-activation', () => {
  it('ends with one license that is linked and active or with all as it was, wherever it is refused, killed, stalled or cancelled', async () => {
    await fc.assert(
      fc.asyncProperty(anyPlan([]), fc.constantFrom('none', 'found', 'linked'), async (plan, before) => {
        const world = new World(before !== 'none');
        if (before === 'linked') world.linked = 'found';
        const outcome = await start(world, plan);
        const issued = [...world.licenses].filter(([id]) => id !== 'found');
        expect(issued.length).toBeLessThanOrEqual(before === 'none' ? 1 : 0);
        // A license that was found stays, whatever is undone.
        expect(world.licenses.get('found')?.revoked ?? false).toBe(false);
        if (outcome.state === 'COMPLETED') {
          const { license_id } = outcome.result as { license_id: string };
          expect(world).toMatchObject({ linked: license_id, activations: 1 });
          expect(world.licenses.get(license_id)).toEqual({ revoked: false });
        } else if (outcome.not_undone.length === 0) {
          expect(issued.filter(([, { revoked }]) => !revoked)).toEqual([]);
          expect(world.linked).toBe(before === 'linked' ? 'found' : null);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('issues a license only if none is found', async () => {
    expect(await start(new World(true))).toMatchObject({ result: { license_id: 'found', issued: false } });
    expect(await start(new World(false))).toMatchObject({ result: { license_id: 'issued-0', issued: true } });
  });

  it('unlinks, and revokes what it issued, when the activation is refused', async () => {
    const refused = { fates: ['done', 'done', 'done', 'refused'] } as const;
    const undone = ['unlinkSubscription', 'revokeLicense'];
    expect(await start(new World(false), refused)).toMatchObject({
      state: 'FAILED',
      error: { step: 'activateSubscription' },
      undone,
    });
    const found = { fates: ['done', 'done', 'refused'] } as const;
    expect(await start(new World(true), found)).toMatchObject({ state: 'FAILED', undone: ['unlinkSubscription'] });
    const linked = new World(true);
    linked.linked = 'found';
    expect(await start(linked, found)).toMatchObject({ state: 'FAILED', undone: [] });
    expect(linked.linked).toBe('found');
    const raced = new World(true);
    raced.linkedMeanwhile = 'found';
    expect(await start(raced, found)).toMatchObject({ state: 'FAILED', undone: [] });
    expect(raced.linked).toBe('found');
  });
});
