import type { License } from './license.entity.js';
import { NotAllowedByPoolError } from './license.errors.js';
import { OVERRIDE_NAMES, type Overrides, type OverridesInput } from './license-overrides.js';
import type { IssueLicenseRequest } from './license.requests.js';

/**
 * Actions that a pool may allow to the keys of its partner; `starts`: to choose the start of a license that is issued, `import`: to import
 * licenses into the pool, the others: the actions of that name on licenses of the pool.
 */
export const PARTNER_ACTIONS = [
  'starts',
  'import',
  'renew',
  'convert-trial',
  'change-template',
  'transfer',
  'rotate-key',
] as const;
export type PartnerAction = (typeof PARTNER_ACTIONS)[number];

/** Terms that a pool may allow the keys of its partner to override. */
export const PARTNER_OVERRIDES = OVERRIDE_NAMES;
export type PartnerOverride = (typeof PARTNER_OVERRIDES)[number];

/** Starts and overrides that a pool allows to the keys of its partner. */
export interface PartnerAllowance {
  readonly allowedActions: readonly PartnerAction[];
  readonly allowedOverrides: readonly PartnerOverride[];
}

const NOTHING: PartnerAllowance = { allowedActions: [], allowedOverrides: [] };

/** Asserts that the pool of a license allows all these actions; without any, none is allowed. Throws NotAllowedByPoolError. */
export function assertActionsAllowed(
  actions: readonly PartnerAction[],
  { allowedActions }: Pick<PartnerAllowance, 'allowedActions'> = NOTHING,
): void {
  const denied = actions.find((action) => !allowedActions.includes(action));
  if (denied !== undefined) throw new NotAllowedByPoolError(denied.replace('-', ' '));
  if (actions.length === 0) throw new NotAllowedByPoolError('do this');
}

/** Throws NotAllowedByPoolError. */
export function assertIssueAllowed(
  { overrides = {}, starts, expires_if_started_by }: IssueLicenseRequest,
  { allowedActions, allowedOverrides }: PartnerAllowance = NOTHING,
): void {
  assertOverridesAllowed(overrides, allowedOverrides);
  const isStartNamed = starts !== undefined || expires_if_started_by !== undefined;
  if (isStartNamed && !allowedActions.includes('starts')) throw new NotAllowedByPoolError('choose the start');
}

/** Throws NotAllowedByPoolError. */
export function assertImportAllowed(
  overrides: Overrides | null,
  { allowedActions, allowedOverrides }: PartnerAllowance,
): void {
  assertActionsAllowed(['import'], { allowedActions });
  assertOverridesAllowed(overrides ?? {}, allowedOverrides);
}

/**
 * Asserts that a renewal is by one term of the license, and at most one term in advance: a pool counts licenses, so it bounds what one of them
 * is worth. Overrides of the term lift both. Throws NotAllowedByPoolError.
 */
export function assertRenewalAllowed(
  license: License,
  { months, days }: { readonly months?: number | undefined; readonly days?: number | undefined },
  now: Date,
  allowance: PartnerAllowance,
): void {
  if (mayOverrideTerm(allowance)) return;
  if (months !== undefined || days !== undefined) throw new NotAllowedByPoolError('choose the term');
  if (license.hasMoreThanOneTerm(now)) throw new NotAllowedByPoolError('renew more than one term in advance');
}

/** Asserts that a license which moves into a pool is one that the pool gives. Throws NotAllowedByPoolError. */
export function assertMoveAllowed(license: License, now: Date, allowance: PartnerAllowance): void {
  assertOverridesAllowed(license.overrides ?? {}, allowance.allowedOverrides);
  if (!license.hasStarted(now) && !allowance.allowedActions.includes('starts'))
    throw new NotAllowedByPoolError('choose the start');
  if (!mayOverrideTerm(allowance) && license.hasMoreThanOneTerm(now))
    throw new NotAllowedByPoolError('keep more than one term');
}

function mayOverrideTerm({ allowedOverrides }: PartnerAllowance): boolean {
  return allowedOverrides.includes('term') || allowedOverrides.includes('expiry_date');
}

/** Asserts that a partner may take the overrides off a license that stays in its pool. Throws NotAllowedByPoolError. */
export function assertResetAllowed({ overrides }: License, { allowedOverrides }: PartnerAllowance): void {
  assertNamesAllowed(overrides ?? {}, allowedOverrides);
}

/** A license without a limit would be worth any number of those that the pool counts, so a partner may set no null. */
function assertOverridesAllowed(overrides: OverridesInput | Overrides, allowed: readonly PartnerOverride[]): void {
  assertNamesAllowed(overrides, allowed);
  const [unlimited] = Object.entries(overrides).find(([, value]) => value === null) ?? [];
  if (unlimited !== undefined) throw new NotAllowedByPoolError(`set ${unlimited} to null`);
}

function assertNamesAllowed(overrides: OverridesInput | Overrides, allowed: readonly PartnerOverride[]): void {
  const denied = (Object.keys(overrides) as PartnerOverride[]).find((name) => !allowed.includes(name));
  if (denied !== undefined) throw new NotAllowedByPoolError(`override ${denied}`);
}
