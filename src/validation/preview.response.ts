import { z } from 'zod';
import { LicensePreview, type PreviewedIssue } from '../licensing/index.js';
import { evaluate } from './evaluation.js';
import type { PreviewLicenseRequest } from './preview.requests.js';
import type { EvaluationContext } from './restrictions.js';
import { toValidateResponse, ValidateResponse } from './validation.response.js';

const PreviewedValidation = ValidateResponse.pick({
  valid: true,
  code: true,
  detail: true,
  next: true,
  reasons: true,
  entitlements: true,
}).meta({ id: 'PreviewedValidation', description: 'The result of a validation right after the issue.' });

export const IssuePreview = z.object({ license: LicensePreview, validation: PreviewedValidation }).meta({
  id: 'IssuePreview',
  description: 'The license that would be issued, and its validation. Nothing is stored.',
});
export type IssuePreview = z.infer<typeof IssuePreview>;

/** Returns the preview with the validation of a device that is not activated yet. */
export function toIssuePreview(
  { license, preview }: PreviewedIssue,
  request: NonNullable<PreviewLicenseRequest['validate']>,
  context: EvaluationContext,
): IssuePreview {
  const evidence = {
    license,
    tenantSuspended: false,
    activation: undefined,
    isBlocked: false,
    usage: new Map<string, number>(),
    context,
  };
  const response = toValidateResponse(evidence, evaluate(request, evidence), undefined);
  const { valid, code, detail, next, reasons, entitlements } = response;
  return { license: preview, validation: { valid, code, detail, next, reasons, entitlements } };
}
