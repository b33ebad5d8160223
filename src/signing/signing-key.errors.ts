import { ConflictException, NotFoundException } from '@nestjs/common';
import type { SigningKeyState } from './signing-key.entity.js';

export class SigningKeyNotFoundError extends NotFoundException {
  constructor(kid: string) {
    super(`There is no signing key ${kid}.`, { errorCode: 'SIGNING_KEY_NOT_FOUND' });
  }
}

/** Names the state and what was asked for. */
export class SigningKeyStateError extends ConflictException {
  constructor(action: string, state: SigningKeyState) {
    super(`A signing key that is ${state} cannot be ${action}.`, { errorCode: 'SIGNING_KEY_STATE' });
  }
}
