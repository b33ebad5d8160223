import type { Engine, PartnerInput } from './contract.js';

/** Input of a run, which `partner-onboarding.definition.ts` validates. */
export interface PartnerOnboardingInput {
  readonly partner: PartnerInput;
  readonly approval_timeout_days: number;
  readonly pools: readonly {
    readonly license_template_id: string;
    readonly quantity: number;
    readonly returns_revoked: boolean;
    readonly returns_expired: boolean;
    readonly expires_at: string | null;
  }[];
  /** Template of the license of the partner itself; null: none. */
  readonly license_template_id: string | null;
}

export interface PartnerOnboardingResult {
  readonly partner_id: string;
  readonly pool_ids: readonly string[];
  readonly license_id: string | null;
  readonly invitation_id: string;
  readonly email_message_id: string;
}

const DAY_MS = 86_400_000;

/** Onboards a partner: partner, approval, pools, its own license, and an invitation by e-mail, with which it makes its API key. */
export async function partnerOnboarding(w: Engine, input: PartnerOnboardingInput): Promise<PartnerOnboardingResult> {
  const { partner_id, created } = await w.steps.createPartner({ partner: input.partner });

  const days = input.approval_timeout_days;
  if ((await w.waitFor('approved', days * DAY_MS)) === null)
    throw w.refused('NOT_APPROVED', `Nobody approved the partner within ${days} days.`);
  const { approved } = await w.steps.approvePartner({ partner_id });
  if (created && approved) w.undo(() => w.steps.suspendPartner({ partner_id }));

  const pool_ids: string[] = [];
  for (const pool of input.pools) {
    const { pool_id } = await w.steps.createLicensePool({ partner_id, ...pool });
    w.undo(() => w.steps.emptyLicensePool({ pool_id }));
    pool_ids.push(pool_id);
  }

  let license_id: string | null = null;
  if (input.license_template_id !== null) {
    const issued = await w.steps.issuePartnerLicense({ partner_id, license_template_id: input.license_template_id });
    w.undo(() => w.steps.revokeLicense({ license_id: issued.license_id }));
    license_id = issued.license_id;
  }

  const { invitation_id, email_message_id } = await w.steps.invitePartner({ partner_id });
  return { partner_id, pool_ids, license_id, invitation_id, email_message_id };
}
