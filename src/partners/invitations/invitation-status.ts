export const INVITATION_STATUSES = ['OPEN', 'EXPIRED', 'REDEEMED', 'WITHDRAWN'] as const;
export type InvitationStatus = (typeof INVITATION_STATUSES)[number];
