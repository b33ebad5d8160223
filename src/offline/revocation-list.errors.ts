import { ServiceUnavailableException } from '@nestjs/common';

/** The background has not signed a list yet, or no signing key of the tenant is active. */
export class RevocationListNotReadyError extends ServiceUnavailableException {
  constructor() {
    super('The revocation list is not signed yet. Try again shortly; it needs an active signing key of the vendor.', {
      errorCode: 'REVOCATION_LIST_NOT_READY',
    });
  }
}
