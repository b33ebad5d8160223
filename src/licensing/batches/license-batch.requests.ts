import { z } from 'zod';
import { EXAMPLES } from '../../shared/examples.js';
import {
  ChangeLicenseTemplateRequest,
  LicenseActionRequest,
  ReasonedActionRequest,
  RenewLicenseRequest,
  TransferLicenseRequest,
} from '../license-action.requests.js';
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

export const BatchReinstateLine = LicenseActionRequest.extend(actionLineFields).meta({
  id: 'BatchReinstateLine',
  examples: [{ license_id: EXAMPLES.licenseId, reason: { code: 'PAYMENT_RECEIVED' } }],
});
export type BatchReinstateLine = z.infer<typeof BatchReinstateLine>;

export const BatchTransferLine = TransferLicenseRequest.extend(actionLineFields).meta({
  id: 'BatchTransferLine',
  examples: [
    { license_id: EXAMPLES.licenseId, customer_id: EXAMPLES.customerId, reason: { code: 'CONTRACT_CHANGED' } },
  ],
});
export type BatchTransferLine = z.infer<typeof BatchTransferLine>;

export const BatchChangeTemplateLine = ChangeLicenseTemplateRequest.extend(actionLineFields).meta({
  id: 'BatchChangeTemplateLine',
  examples: [
    {
      license_id: EXAMPLES.licenseId,
      license_template_id: EXAMPLES.templateId,
      reason: { code: 'CONTRACT_CHANGED' },
    },
  ],
});
export type BatchChangeTemplateLine = z.infer<typeof BatchChangeTemplateLine>;
