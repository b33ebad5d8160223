import { ConflictException, NotFoundException } from '@nestjs/common';
import type { Denial } from '../shared/errors.js';

/** One response to a malformed, an unknown and another tenant's license key, so that none of them can be told apart. */
export class UnknownLicenseKeyError extends NotFoundException {
  constructor() {
    super('There is no license with this key.', { errorCode: 'LICENSE_NOT_FOUND' });
  }
}

/** Says nothing about the license, because the holder of a replaced key may be a former owner. */
export class LicenseKeyReplacedError extends ConflictException implements Denial {
  readonly denialCode = 'KEY_REPLACED';

  constructor() {
    super('Another license key replaced this one. Enter the new license key.', { errorCode: 'KEY_REPLACED' });
  }
}
