import type { License } from '../licensing/index.js';
import type { EmailMessage } from './email-message.entity.js';

/** Returns the name of the milestone that causes a message: one per license, template and scheduled time, so that it is sent once. */
export function milestoneName(template: string, licenseId: string, expiryDate: Date, days: number): string {
  return `${template}/${licenseId}/${expiryDate.toISOString()}/${days}`;
}

/** Returns false if the license was revoked, suspended, renewed or otherwise given another expiry since. */
export function licenseIsAsAtMilestone(
  { milestone, template }: Pick<EmailMessage, 'milestone' | 'template'>,
  license: License | null,
  now: Date,
): boolean {
  const status = license?.statusAt(now);
  const expiry = license?.expiryAt(now)?.toISOString();
  const isInState = template === 'license_expired' ? status === 'EXPIRED' : status === 'ACTIVE';
  return isInState && milestone?.split('/')[2] === expiry;
}
