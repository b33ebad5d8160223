import { ServiceUnavailableException } from '@nestjs/common';

/** No list has been signed yet, or the tenant has no active signing key. */
export class RevocationListNotReadyError extends ServiceUnavailableException {
  constructor() {
    super('The revocation list is not signed yet. Try again shortly; it needs an active signing key of the vendor.', {
      errorCode: 'REVOCATION_LIST_NOT_READY',
    });
  }
}
