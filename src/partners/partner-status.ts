export const PARTNER_STATUSES = ['PENDING', 'APPROVED', 'SUSPENDED'] as const;
export type PartnerStatus = (typeof PARTNER_STATUSES)[number];

/** Effects of a suspension on the licenses of the partner. */
export const LICENSE_EFFECTS = ['KEEP', 'SUSPEND', 'REVOKE'] as const;
export type LicenseEffect = (typeof LICENSE_EFFECTS)[number];

export type PartnerAction = 'approve' | 'suspend' | 'reinstate' | 'issue' | 'invite' | 'redeem';

/** Statuses in which an action is allowed. */
export const ALLOWED_IN: Readonly<Record<PartnerAction, PartnerStatus>> = {
  approve: 'PENDING',
  suspend: 'APPROVED',
  reinstate: 'SUSPENDED',
  issue: 'APPROVED',
  invite: 'APPROVED',
  redeem: 'APPROVED',
};
