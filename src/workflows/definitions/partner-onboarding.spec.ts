import { describe, expect, it } from '@jest/globals';
import { anyPlan, FakeEngine, NEVER, type FakeWorld, type Plan } from '../../../test/support/fake-engine.js';
import fc from '../../../test/support/property.js';
import { partnerOnboarding, type PartnerOnboardingInput } from './partner-onboarding.js';
import { CANCEL, FINISH_RUN, MARK_RUN, type StepRequest } from './run-body.js';

/** Partners, pools, licenses and invitations. Steps take effect once for their keys. */
class World implements FakeWorld {
  readonly partners = new Map<string, 'PENDING' | 'APPROVED' | 'SUSPENDED'>();
  readonly pools = new Map<string, number>();
  readonly licenses = new Map<string, { revoked: boolean }>();
  invitations = 0;
  private readonly results = new Map<string, unknown>();

  has({ key }: StepRequest): boolean {
    return this.results.has(key);
  }

  perform({ step, key, argument }: StepRequest): unknown {
    if (!this.results.has(key)) this.results.set(key, this.take(step, argument as Record<string, never>));
    return this.results.get(key);
  }

  private take(step: string, argument: Record<string, unknown>): unknown {
    const partnerId = String(argument.partner_id);
    switch (step) {
      case 'createPartner': {
        const { partner_id: known } = argument.partner as { partner_id?: string };
        if (known === undefined) this.partners.set('made', 'PENDING');
        return { partner_id: known ?? 'made', created: known === undefined };
      }
      case 'approvePartner': {
        const approved = this.partners.get(partnerId) === 'PENDING';
        this.partners.set(partnerId, 'APPROVED');
        return { partner_id: partnerId, approved };
      }
      case 'suspendPartner':
        this.partners.set(partnerId, 'SUSPENDED');
        return { partner_id: partnerId };
      case 'createLicensePool': {
        const id = `pool-${this.pools.size}`;
        this.pools.set(id, argument.quantity as number);
        return { pool_id: id, created: true };
      }
      case 'emptyLicensePool':
        this.pools.set(String(argument.pool_id), 0);
        return { pool_id: argument.pool_id };
      case 'issuePartnerLicense': {
        const id = `license-${this.licenses.size}`;
        this.licenses.set(id, { revoked: false });
        return { license_id: id, created: true };
      }
      case 'revokeLicense':
        this.licenses.set(String(argument.license_id), { revoked: true });
        return { license_id: argument.license_id };
      case 'invitePartner':
        this.invitations++;
        return { invitation_id: 'invitation', email_message_id: 'message' };
      case MARK_RUN:
      case FINISH_RUN:
        return {};
      default:
        throw new Error(`There is no step ${step}.`);
    }
  }
}

const POOL = {
  license_template_id: 't',
  quantity: 5,
  returns_revoked: false,
  returns_expired: false,
  expires_at: null,
};
const INPUT: PartnerOnboardingInput = {
  partner: { name: 'Reseller', email: 'reseller@example.com' },
  approval_timeout_days: 30,
  pools: [POOL, POOL],
  license_template_id: 't',
};

function start(world: World, plan: Partial<Plan> = {}, input: Partial<PartnerOnboardingInput> = {}) {
  return new FakeEngine(world, { fates: [], messages: ['approved'], cancelAt: NEVER, ...plan }).run(partnerOnboarding, {
    ...INPUT,
    ...input,
  });
}

describe('partner-onboarding', () => {
  it('ends with all of it or with nothing in force, wherever it is refused, killed, stalled or cancelled', async () => {
    await fc.assert(
      fc.asyncProperty(anyPlan(['approved']), fc.constantFrom('new', 'PENDING', 'APPROVED'), async (plan, before) => {
        const world = new World();
        if (before !== 'new') world.partners.set('known', before);
        const partner = before === 'new' ? INPUT.partner : { partner_id: 'known' };
        const outcome = await start(world, plan, { partner });
        expect(world.licenses.size).toBeLessThanOrEqual(1);
        expect(world.pools.size).toBeLessThanOrEqual(2);
        // A partner that was found is never suspended.
        expect([undefined, 'PENDING', 'APPROVED']).toContain(world.partners.get('known'));
        if (outcome.state === 'COMPLETED') {
          expect([...world.partners.values()]).toEqual(['APPROVED']);
          expect([...world.pools.values()]).toEqual([5, 5]);
          expect([...world.licenses.values()]).toEqual([{ revoked: false }]);
          expect(world.invitations).toBe(1);
        } else if (outcome.not_undone.length === 0) {
          expect(world.partners.get('made')).not.toBe('APPROVED');
          expect([...world.pools.values()].filter((left) => left > 0)).toEqual([]);
          expect([...world.licenses.values()].filter(({ revoked }) => !revoked)).toEqual([]);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('waits for the approval, and makes nothing without it', async () => {
    for (const [message, code] of [
      [null, 'NOT_APPROVED'],
      [CANCEL, undefined],
    ] as const) {
      const world = new World();
      const outcome = await start(world, { messages: [message] });
      expect(outcome.state).not.toBe('COMPLETED');
      if (code) expect(outcome).toMatchObject({ state: 'FAILED', error: { code } });
      expect(world.partners.get('made')).toBe('PENDING');
      expect(world.pools.size + world.licenses.size + world.invitations).toBe(0);
    }
  });

  it('takes back in reverse what it made when the invitation is refused', async () => {
    const world = new World();
    const fates = ['done', 'done', 'done', 'done', 'done', 'done', 'done', 'refused'] as const;
    const outcome = await start(world, { fates });
    expect(outcome).toMatchObject({ state: 'FAILED', error: { step: 'invitePartner' } });
    expect(world.partners.get('made')).toBe('SUSPENDED');
    expect(outcome).toMatchObject({
      undone: ['revokeLicense', 'emptyLicensePool', 'emptyLicensePool', 'suspendPartner'],
    });
  });

  it('issues no license to the partner unless asked', async () => {
    const world = new World();
    expect(await start(world, {}, { license_template_id: null })).toMatchObject({
      state: 'COMPLETED',
      result: { partner_id: 'made', license_id: null, pool_ids: ['pool-0', 'pool-1'] },
    });
    expect(world.licenses.size).toBe(0);
  });
});
