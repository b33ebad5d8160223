import type { FailureCode } from './validation-codes.js';

/** Validation that failed. */
export interface FailedValidation {
  readonly tenantId: string;
  /** Undefined if no license has the key. */
  readonly license: { readonly licenseId: string; readonly productId: string } | undefined;
  readonly code: FailureCode;
  readonly at: Date;
}

/** Counts failed validations. Validation declares this; the module of the reports implements it. */
export abstract class ValidationCounts {
  /** Counts in memory, so that the program does not wait for it. */
  abstract add(failed: FailedValidation): void;
}
