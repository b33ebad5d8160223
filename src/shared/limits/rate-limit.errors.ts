import { HttpException, HttpStatus } from '@nestjs/common';

export class RateLimitedError extends HttpException {
  constructor(
    readonly retryAfterS: number,
    detail = `Too many requests. Try again in ${retryAfterS} s.`,
  ) {
    super(detail, HttpStatus.TOO_MANY_REQUESTS, {
      errorCode: 'RATE_LIMITED',
    });
  }
}
