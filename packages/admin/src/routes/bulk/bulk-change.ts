import type { Schemas } from '../../api/client';

export const BULK_ACTIONS = ['renew', 'suspend', 'reinstate', 'revoke', 'transfer', 'change-template'] as const;
export type BulkAction = (typeof BULK_ACTIONS)[number];

export const PERMISSION_OF: Readonly<Record<BulkAction, string>> = {
  renew: 'licenses:renew',
  suspend: 'licenses:suspend',
  reinstate: 'licenses:suspend',
  revoke: 'licenses:revoke',
  transfer: 'licenses:transfer',
  'change-template': 'licenses:change-template',
};

export const USUAL_REASON: Readonly<Record<BulkAction, Schemas['ActionReason']['code']>> = {
  renew: 'PAYMENT_RECEIVED',
  suspend: 'PAYMENT_OVERDUE',
  reinstate: 'PAYMENT_RECEIVED',
  revoke: 'CONTRACT_CHANGED',
  transfer: 'CUSTOMER_REQUEST',
  'change-template': 'CONTRACT_CHANGED',
};

export type SelectedLicense = Schemas['SelectedLicense'];

/** Change that is made to each license: the body of the action for one. */
export type BulkBody = Partial<
  Schemas['RenewLicenseRequest'] & Schemas['TransferLicenseRequest'] & Schemas['ChangeLicenseTemplateRequest']
>;

/** An action on many licenses. It is kept in the browser until it is done and removed, and goes on after a reload or another sign-in. */
export interface BulkChange {
  readonly id: string;
  /** Whom it belongs to: another person, key or tenant does not see it. */
  readonly owner: string;
  readonly action: BulkAction;
  readonly body: BulkBody;
  readonly createdAt: string;
  readonly total: number;
  readonly succeeded: number;
  readonly failed: number;
}

/** Licenses of one request, and what became of them once all answers are there. */
export interface BulkPart {
  readonly change: string;
  readonly index: number;
  readonly licenses: readonly SelectedLicense[];
  readonly results?: readonly BulkResult[];
}

export interface BulkResult {
  readonly license_id: string;
  readonly status: number;
  readonly license_status?: string;
  readonly expiry_date?: string | null;
  readonly code?: string;
  readonly detail?: string;
}

export function isDone({ total, succeeded, failed }: BulkChange): boolean {
  return succeeded + failed >= total;
}

/** Key of a part, the same however often the part is sent, so that each license changes once. */
export function idempotencyKeyOf({ change, index }: BulkPart): string {
  return `bulk-${change}-${index}`;
}
