import { ConflictException } from '@nestjs/common';
import type { Denial } from '../../shared/errors.js';

/** The token is forged, expired or used, was made for another device, or the license no longer allows replacements. */
export class ReplacementTokenInvalidError extends ConflictException implements Denial {
  readonly denialCode = 'REPLACEMENT_TOKEN_INVALID';

  constructor() {
    super('The replacement token is not valid, or was used. Activate the device to get a new one.', {
      errorCode: 'REPLACEMENT_TOKEN_INVALID',
    });
  }
}
