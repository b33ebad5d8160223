import { HttpException, ServiceUnavailableException } from '@nestjs/common';
import { isLockTimeout } from '../../database/sql-errors.js';
import type { Isolation } from '../async/coalescer.js';

/**
 * Tells how the items of a failed standalone statement run again. A lock timeout concerns only the requests for the locked row, and each part
 * with them would wait as long again. Where the database is to blame, each would fail alone, too, or may have been committed already.
 */
export function isolationAfter(error: unknown): Isolation {
  if (isLockTimeout(causeOf(error))) return 'SINGLY';
  return error instanceof ServiceUnavailableException ? 'NOT' : 'HALVES';
}

/** Returns the error of the database behind a named error. */
export function causeOf(error: unknown): unknown {
  return error instanceof HttpException ? error.cause : error;
}
