import type { components } from '../api/openapi.js';

type Reason = components['schemas']['ActionReason'];

/** Form of something that can be archived. */
export interface Archivable {
  active: boolean;
  reason: Reason;
}

export const ARCHIVE_REASON: Reason = { code: 'OTHER' };

/** Returns the reason for the request if the form archives what was active. */
export function archiveReason(wasActive: boolean, { active, reason }: Archivable): { reason?: Reason } {
  return wasActive && !active ? { reason } : {};
}
