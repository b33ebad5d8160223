import { ConflictException, NotFoundException } from '@nestjs/common';
import type { SigningKeyState } from './signing-key-state.js';

export class SigningKeyNotFoundError extends NotFoundException {
  constructor(kid: string) {
    super(`There is no signing key ${kid}.`, { errorCode: 'SIGNING_KEY_NOT_FOUND' });
  }
}

/** The state of the key does not allow the action; the message names both. */
export class SigningKeyStateError extends ConflictException {
  constructor(action: string, state: SigningKeyState) {
    super(`A signing key that is ${state} cannot be ${action}.`, { errorCode: 'SIGNING_KEY_STATE' });
  }
}

/** Nothing was signed. */
export class NoActiveSigningKeyError extends ConflictException {
  constructor() {
    super('No signing key is active. Create one with POST /v1/signing-keys and activate it.', {
      errorCode: 'NO_ACTIVE_SIGNING_KEY',
    });
  }
}

/** Nothing was changed. */
export class OnlyActiveSigningKeyError extends ConflictException {
  constructor() {
    super(
      'Without this key nothing can be signed. Activate another signing key, which retires this one, or send {"force": true}.',
      { errorCode: 'ONLY_ACTIVE_SIGNING_KEY' },
    );
  }
}
