import { z } from 'zod';
import { EXAMPLES } from '../../shared/examples.js';
import { ReasonedActionRequest, RenewLicenseRequest } from '../license-action.requests.js';
import { IssueLicenseRequest } from '../license.requests.js';

const idempotency_key = z
  .string()
  .regex(/^[\x20-\x7e]{1,255}$/, 'must be 1 to 255 printable ASCII characters')
  .optional()
  .meta({ description: 'Overrides the key derived from the batch key and the line number.' });

/** Fields of a line besides those of the action. */
const actionLineFields = {
  license_id: z.uuid(),
  version: z.int().min(1).optional().meta({
    description: 'Expected version of the license, like If-Match; otherwise 412.',
  }),
  idempotency_key,
};

/** Line of a batch that issues licenses. */
export const BatchIssueLine = IssueLicenseRequest.extend({ idempotency_key }).meta({
  id: 'BatchIssueLine',
  examples: [
    { license_template_id: EXAMPLES.templateId, customer_id: EXAMPLES.customerId },
    { license_template_id: EXAMPLES.openTemplateId, customer_id: EXAMPLES.customerId, issued_to: 'Jane Roe' },
  ],
});
export type BatchIssueLine = z.infer<typeof BatchIssueLine>;

export const BatchRenewLine = RenewLicenseRequest.safeExtend(actionLineFields).meta({
  id: 'BatchRenewLine',
  examples: [{ license_id: EXAMPLES.licenseId, months: 12, reason: { code: 'PAYMENT_RECEIVED' } }],
});
export type BatchRenewLine = z.infer<typeof BatchRenewLine>;

/** Line of a batch that suspends or revokes licenses. */
export const BatchActionLine = ReasonedActionRequest.extend(actionLineFields).meta({
  id: 'BatchActionLine',
  examples: [{ license_id: EXAMPLES.licenseId, reason: { code: 'PAYMENT_OVERDUE', text: 'Invoice 2026-117' } }],
});
export type BatchActionLine = z.infer<typeof BatchActionLine>;
