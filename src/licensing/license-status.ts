export const LICENSE_STATUSES = ['ACTIVE', 'INACTIVE', 'EXPIRED', 'SUSPENDED', 'REVOKED', 'PENDING'] as const;
export type LicenseStatus = (typeof LICENSE_STATUSES)[number];

/** What a license is found in when something is to be done with it: on the wire IN_GRACE is EXPIRED with `in_grace`. */
export const LICENSE_STATES = [...LICENSE_STATUSES, 'IN_GRACE'] as const;
export type LicenseState = (typeof LICENSE_STATES)[number];

/** What the row says. EXPIRED is never written: it follows from an ACTIVE row and the time. */
export type StoredStatus = 'ACTIVE' | 'SUSPENDED' | 'REVOKED';

export const LICENSE_ACTIONS = [
  'activate',
  'heartbeat',
  'use',
  'check-out',
  'renew',
  'convert-trial',
  'suspend',
  'reinstate',
  'revoke',
  'transfer',
  'change-template',
  'edit',
  'correct-expiry',
  'auto-renew',
  'expire',
] as const;
export type LicenseAction = (typeof LICENSE_ACTIONS)[number];

const IN_FORCE = { ACTIVE: 'ACTIVE', IN_GRACE: 'ACTIVE' } as const;
const ALSO_EXPIRED = { ...IN_FORCE, EXPIRED: 'ACTIVE' } as const;
const ALSO_SUSPENDED = { ...ALSO_EXPIRED, SUSPENDED: 'SUSPENDED' } as const;

/**
 * The whole life of a license: what the row says after an action, by the state it was found in. What is not here is
 * refused. Nothing leaves REVOKED; nothing leads to INACTIVE or PENDING; time alone expires.
 */
export const TRANSITIONS: Readonly<Record<LicenseAction, Readonly<Partial<Record<LicenseState, StoredStatus>>>>> = {
  activate: IN_FORCE,
  heartbeat: IN_FORCE,
  use: IN_FORCE,
  // A file ends with the license, so within grace there is none.
  'check-out': { ACTIVE: 'ACTIVE' },
  renew: ALSO_SUSPENDED,
  'convert-trial': ALSO_EXPIRED,
  suspend: { ACTIVE: 'SUSPENDED', IN_GRACE: 'SUSPENDED', EXPIRED: 'SUSPENDED' },
  reinstate: { SUSPENDED: 'ACTIVE' },
  revoke: { ACTIVE: 'REVOKED', IN_GRACE: 'REVOKED', EXPIRED: 'REVOKED', SUSPENDED: 'REVOKED' },
  transfer: ALSO_SUSPENDED,
  'change-template': ALSO_SUSPENDED,
  edit: ALSO_SUSPENDED,
  // What has expired is renewed: an edit never changes the status.
  'correct-expiry': { ACTIVE: 'ACTIVE', SUSPENDED: 'SUSPENDED' },
  // The same for an edit, or another template, by which it would begin to renew itself.
  'auto-renew': { ACTIVE: 'ACTIVE', SUSPENDED: 'SUSPENDED' },
  expire: { IN_GRACE: 'ACTIVE', EXPIRED: 'ACTIVE' },
};
