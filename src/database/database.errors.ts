import { HttpException, ServiceUnavailableException } from '@nestjs/common';
import { isConnectionLoss, isIncapacity, isPoolExhausted, isTimeout } from './sql-errors.js';

/** The connection broke or fell silent during COMMIT: the change may have happened. */
export class OutcomeUnknownError extends ServiceUnavailableException {
  constructor(cause: unknown) {
    super('The database connection was lost during the commit. Look whether the change happened before trying again.', {
      cause,
      errorCode: 'OUTCOME_UNKNOWN',
    });
  }
}

/** The database is unreachable, read-only or out of space. Nothing was changed. */
export class DatabaseUnavailableError extends ServiceUnavailableException {
  constructor(cause: unknown) {
    super('The database is not available. Nothing was changed.', { cause, errorCode: 'DATABASE_UNAVAILABLE' });
  }
}

/** A connection, a lock or a statement exceeded its time limit. Nothing was changed. */
export class DatabaseBusyError extends ServiceUnavailableException {
  constructor(cause: unknown) {
    super('The database is too busy. Nothing was changed; try again shortly.', { cause, errorCode: 'DATABASE_BUSY' });
  }
}

/** Returns the named error for a fault of the database; any other error unchanged. */
export function databaseProblem(error: unknown): unknown {
  if (error instanceof HttpException) return error;
  if (isPoolExhausted(error) || isTimeout(error)) return new DatabaseBusyError(error);
  if (isConnectionLoss(error) || isIncapacity(error)) return new DatabaseUnavailableError(error);
  return error;
}
