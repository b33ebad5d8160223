import type { LicenseEventResponse } from '../../audit/index.js';
import { toEmailSettings, type FollowingEmail, type StoredEmailSettings } from '../../tenants/index.js';
import { IMPORTED } from '../../licensing/index.js';
import { isJsonObject } from '../../shared/json.js';
import { milestoneName } from '../milestone.js';

const DAY_MS = 24 * 60 * 60 * 1000;

/** Types of events that cause e-mail. */
export const FOLLOWED_EVENTS = ['license.renewal_due', 'license.expired'] as const;

/** E-mail that an event of a license causes. */
export interface LicenseEmail {
  readonly template: FollowingEmail;
  readonly licenseId: string;
  readonly milestone: string;
}

/** Returns the e-mail that an event causes by the settings of the tenant; undefined if it causes none. */
export function licenseEmailOf(event: LicenseEventResponse, settings: StoredEmailSettings): LicenseEmail | undefined {
  const { license_id: licenseId, event_data: data } = event;
  const { due_at: dueAt, expiry_date: expiryDate, trial, reason } = data;
  // The customer of a license that had expired before its import is not told of it now.
  if (isJsonObject(reason) && reason.code === IMPORTED) return undefined;
  if (licenseId === null || typeof dueAt !== 'string' || typeof expiryDate !== 'string') return undefined;
  const template =
    event.event_type === 'license.expired' ? 'license_expired' : trial === true ? 'trial_ending' : 'renewal_reminder';
  const since = settings.since?.[template];
  const wanted = toEmailSettings(settings);
  if (!wanted[template] || since === undefined || event.created_at < since) return undefined;
  const expiry = new Date(expiryDate);
  const days = Math.round((expiry.getTime() - Date.parse(dueAt)) / DAY_MS);
  if (template !== 'license_expired' && !wanted.reminder_days.some((day) => day === days)) return undefined;
  return { template, licenseId, milestone: milestoneName(template, licenseId, expiry, days) };
}
