import { ConflictException, UnprocessableEntityException } from '@nestjs/common';

export class IdempotencyKeyReusedError extends UnprocessableEntityException {
  constructor() {
    super('This idempotency key was used with a different request. Use a new key.', {
      errorCode: 'IDEMPOTENCY_KEY_REUSED',
    });
  }
}

/** The first request with this key is still under way, and was waited for as long as a lock may be waited for. */
export class IdempotencyInProgressError extends ConflictException {
  readonly retryAfterS = 1;

  constructor(cause: unknown) {
    super('A request with this idempotency key is in progress. Retry shortly.', {
      cause,
      errorCode: 'IDEMPOTENCY_IN_PROGRESS',
    });
  }
}

/** The result held personal data that was erased since, and can only be had by a new request. */
export class IdempotencyResultErasedError extends ConflictException {
  constructor() {
    super(
      'The result of the request with this idempotency key was erased with personal data of a customer. Send it with a new key.',
      { errorCode: 'IDEMPOTENCY_RESULT_ERASED' },
    );
  }
}
