import { ConflictException } from '@nestjs/common';

/** The token is forged, expired or used, was made for another device, or the license no longer allows replacements. */
export class ReplacementTokenInvalidError extends ConflictException {
  constructor() {
    super('The replacement token is not valid, or was used. Activate the device to get a new one.', {
      errorCode: 'REPLACEMENT_TOKEN_INVALID',
    });
  }
}
