export const LICENSE_STATUSES = ['ACTIVE', 'INACTIVE', 'EXPIRED', 'SUSPENDED', 'REVOKED', 'PENDING'] as const;
export type LicenseStatus = (typeof LICENSE_STATUSES)[number];

/** States in the transition table. On the wire IN_GRACE is EXPIRED with `in_grace`. */
export const LICENSE_STATES = [...LICENSE_STATUSES, 'IN_GRACE'] as const;
export type LicenseState = (typeof LICENSE_STATES)[number];

/** Status in the database. EXPIRED and PENDING are never stored: they follow from ACTIVE, the start and the current time. */
export type StoredStatus = 'ACTIVE' | 'SUSPENDED' | 'REVOKED';

export const LICENSE_ACTIONS = [
  'activate',
  'start',
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
  'rotate-key',
  'edit',
  'correct-expiry',
  'link',
  'follow',
  'unlink',
  'auto-renew',
  'expire',
] as const;
export type LicenseAction = (typeof LICENSE_ACTIONS)[number];

const IN_FORCE = { ACTIVE: 'ACTIVE', IN_GRACE: 'ACTIVE' } as const;
const ALSO_PENDING = { PENDING: 'ACTIVE' } as const;
const ALSO_EXPIRED = { ...IN_FORCE, EXPIRED: 'ACTIVE' } as const;
const ALSO_SUSPENDED = { ...ALSO_EXPIRED, SUSPENDED: 'SUSPENDED' } as const;

/**
 * Stored status after an action, by the state before it. An action without an entry is refused.
 * No action leaves REVOKED or leads to INACTIVE; a license is PENDING from its issue alone, and expires only by time.
 */
export const TRANSITIONS: Readonly<Record<LicenseAction, Readonly<Partial<Record<LicenseState, StoredStatus>>>>> = {
  // Before a dated start, License.assertCan refuses what would start a license.
  activate: { ...IN_FORCE, ...ALSO_PENDING },
  start: ALSO_PENDING,
  heartbeat: IN_FORCE,
  use: IN_FORCE,
  // A license file ends at the expiry at the latest, so none can be created in the grace period.
  'check-out': { ACTIVE: 'ACTIVE', ...ALSO_PENDING },
  renew: ALSO_SUSPENDED,
  'convert-trial': ALSO_EXPIRED,
  suspend: { ACTIVE: 'SUSPENDED', IN_GRACE: 'SUSPENDED', EXPIRED: 'SUSPENDED', PENDING: 'SUSPENDED' },
  reinstate: { SUSPENDED: 'ACTIVE' },
  revoke: { ACTIVE: 'REVOKED', IN_GRACE: 'REVOKED', EXPIRED: 'REVOKED', SUSPENDED: 'REVOKED', PENDING: 'REVOKED' },
  transfer: { ...ALSO_SUSPENDED, ...ALSO_PENDING },
  'change-template': { ...ALSO_SUSPENDED, ...ALSO_PENDING },
  'rotate-key': { ...ALSO_SUSPENDED, ...ALSO_PENDING },
  edit: { ...ALSO_SUSPENDED, ...ALSO_PENDING },
  // An edit never changes the status, so an expired license is renewed instead.
  'correct-expiry': { ACTIVE: 'ACTIVE', SUSPENDED: 'SUSPENDED' },
  link: ALSO_SUSPENDED,
  follow: ALSO_SUSPENDED,
  // A subscription whose license was revoked can end like any other.
  unlink: { ...ALSO_SUSPENDED, ...ALSO_PENDING, REVOKED: 'REVOKED' },
  // Applies to an edit or template change that starts auto-renewal of a license whose expiry has passed.
  'auto-renew': { ACTIVE: 'ACTIVE', SUSPENDED: 'SUSPENDED' },
  expire: { IN_GRACE: 'ACTIVE', EXPIRED: 'ACTIVE' },
};

/** Actions that a license refuses before its start, suspended or not. */
export const AFTER_START: readonly LicenseAction[] = ['renew', 'correct-expiry', 'link', 'follow', 'auto-renew'];

/** Actions by which a license starts that awaits its first activation. */
export const STARTING: readonly LicenseAction[] = ['activate', 'start', 'check-out'];
