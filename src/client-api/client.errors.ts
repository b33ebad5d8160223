import { NotFoundException } from '@nestjs/common';

/** One response to a malformed, an unknown and another tenant's license key, so that none of them can be told apart. */
export class UnknownLicenseKeyError extends NotFoundException {
  constructor() {
    super('There is no license with this key.', { errorCode: 'LICENSE_NOT_FOUND' });
  }
}
