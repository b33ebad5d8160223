import type { ProblemCodes } from '../../shared/http/api.decorators.js';

/** Problem codes of routes that issue a license, by status. */
export const ISSUE_PROBLEMS = {
  403: ['POOL_NOT_ALLOWED'],
  404: ['TEMPLATE_NOT_FOUND', 'CUSTOMER_NOT_FOUND', 'POOL_NOT_FOUND'],
  409: [
    'TEMPLATE_INACTIVE',
    'PRODUCT_INACTIVE',
    'CUSTOMER_INACTIVE',
    'TRIAL_NOT_ALLOWED',
    'TRIAL_ALREADY_USED',
    'EXPIRY_TOO_FAR',
    'PARTNER_STATE',
    'POOL_EXHAUSTED',
    'POOL_EXPIRED',
    'POOL_REQUIRED',
    'POOL_TEMPLATE_MISMATCH',
  ],
} as const satisfies ProblemCodes;
