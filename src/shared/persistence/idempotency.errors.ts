import { ConflictException, UnprocessableEntityException } from '@nestjs/common';

export class IdempotencyKeyReusedError extends UnprocessableEntityException {
  constructor() {
    super('This idempotency key was used with a different request. Use a new key.', {
      errorCode: 'IDEMPOTENCY_KEY_REUSED',
    });
  }
}

/** The first request with this key was still in progress when the lock timeout ended. */
export class IdempotencyInProgressError extends ConflictException {
  readonly retryAfterS = 1;

  constructor(cause: unknown) {
    super('A request with this idempotency key is in progress. Retry shortly.', {
      cause,
      errorCode: 'IDEMPOTENCY_IN_PROGRESS',
    });
  }
}

/** The stored result contained personal data that has been erased, so it cannot be replayed. */
export class IdempotencyResultErasedError extends ConflictException {
  constructor() {
    super(
      'The result of the request with this idempotency key was erased with personal data of a customer. Send it with a new key.',
      { errorCode: 'IDEMPOTENCY_RESULT_ERASED' },
    );
  }
}
