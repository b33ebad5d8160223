import { HttpException, ServiceUnavailableException } from '@nestjs/common';
import { isConnectionLoss, isIncapacity, isPoolExhausted, isTimeout } from './sql-errors.js';

/** The connection broke, or fell silent, while COMMIT was under way: the change may have happened. */
export class OutcomeUnknownError extends ServiceUnavailableException {
  constructor(cause: unknown) {
    super('The database connection was lost during the commit. Look whether the change happened before trying again.', {
      cause,
      errorCode: 'OUTCOME_UNKNOWN',
    });
  }
}

/** The database cannot be reached, is read-only or has no space left. Nothing was changed. */
export class DatabaseUnavailableError extends ServiceUnavailableException {
  constructor(cause: unknown) {
    super('The database is not available. Nothing was changed.', { cause, errorCode: 'DATABASE_UNAVAILABLE' });
  }
}

/** A connection, a lock or a statement took longer than a request may wait. Nothing was changed. */
export class DatabaseBusyError extends ServiceUnavailableException {
  constructor(cause: unknown) {
    super('The database is too busy. Nothing was changed; try again shortly.', { cause, errorCode: 'DATABASE_BUSY' });
  }
}

/** The named error for what the database, not the request, is to blame for; any other error as it is. */
export function databaseProblem(error: unknown): unknown {
  if (error instanceof HttpException) return error;
  if (isPoolExhausted(error) || isTimeout(error)) return new DatabaseBusyError(error);
  if (isConnectionLoss(error) || isIncapacity(error)) return new DatabaseUnavailableError(error);
  return error;
}
