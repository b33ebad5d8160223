import { DatabaseError } from 'pg';
import { QueryFailedError } from 'typeorm';

const SERIALIZATION_FAILURE = '40001';
const DEADLOCK_DETECTED = '40P01';
const QUERY_CANCELED = '57014';
const LOCK_NOT_AVAILABLE = '55P03';
const INSUFFICIENT_RESOURCES = '53';
const DISK_FULL = '53100';
const IO_ERROR = '58030';
const READ_ONLY = '25006';
const CONNECTION_EXCEPTION = '08';
const DATA_EXCEPTION = '22';
const OPERATOR_INTERVENTION = '57P';
const INSUFFICIENT_PRIVILEGE = '42501';
const NO_SUCH_STATEMENT = '26000';
const STATEMENT_EXISTS = '42P05';
const IN_FAILED_TRANSACTION = '25P02';

/** Returns PostgreSQL's error response, if the error is one. */
export function sqlError(error: unknown): DatabaseError | undefined {
  const cause: unknown = error instanceof QueryFailedError ? error.driverError : error;
  return cause instanceof DatabaseError ? cause : undefined;
}

/** Returns whether a statement violated the named constraint. */
export function violates(error: unknown, constraint: string): boolean {
  return sqlError(error)?.constraint === constraint;
}

/** Returns whether the name of a prepared statement is unknown to the session or already in use. */
export function isStatementNameFault(error: unknown): boolean {
  const code = sqlError(error)?.code;
  return code === NO_SUCH_STATEMENT || code === STATEMENT_EXISTS;
}

/** Returns whether the role lacks a right for the statement. */
export function isForbidden(error: unknown): boolean {
  return sqlError(error)?.code === INSUFFICIENT_PRIVILEGE;
}

/** Returns whether PostgreSQL does not take a value: class 22. */
export function isDataError(error: unknown): boolean {
  return begins(sqlError(error)?.code, DATA_EXCEPTION);
}

/** Returns whether the transaction lost a conflict and can be repeated. */
export function isTransient(error: unknown): boolean {
  const code = sqlError(error)?.code;
  return code === SERIALIZATION_FAILURE || code === DEADLOCK_DETECTED;
}

/** Returns whether the error only reports that an earlier statement of the transaction failed. */
export function isTransactionAborted(error: unknown): boolean {
  return sqlError(error)?.code === IN_FAILED_TRANSACTION;
}

/** The statement was sent and its response is lost. */
export class UnansweredError extends Error {}

/** Returns whether the session was ended (57P01–57P03) or the connection broke: the statement may have taken effect. */
export function isConnectionLoss(error: unknown): boolean {
  const response = sqlError(error);
  if (response)
    return response.severity === 'FATAL' || begins(response.code, OPERATOR_INTERVENTION, CONNECTION_EXCEPTION);
  const cause: unknown = error instanceof QueryFailedError ? error.driverError : error;
  if (cause instanceof UnansweredError) return true;
  const { code = '', message = '' } = plainError(cause);
  return CONNECTION_CODES.has(code) || /^Connection terminated|not queryable|Client was closed/.test(message);
}

/**
 * Returns whether PostgreSQL itself ended the session at a statement, so that it ran none sent after it. An error of class 08 may be that of
 * a pooler, which does not know how far PostgreSQL came.
 */
export function isSessionEnd(error: unknown): boolean {
  const response = sqlError(error);
  return response?.severity === 'FATAL' && !begins(response.code, CONNECTION_EXCEPTION);
}

/** Returns whether the database lacks space, memory, sessions, or the ability to write. */
export function isIncapacity(error: unknown): boolean {
  const code = sqlError(error)?.code;
  return isReadOnly(code) || isOutOfSpace(code) || begins(code, INSUFFICIENT_RESOURCES);
}

/** Returns whether the code reports a full or faulty disk. */
export function isOutOfSpace(code: string | undefined): boolean {
  return code === DISK_FULL || code === IO_ERROR;
}

/** Returns whether the code reports a write on a standby or in a read-only transaction. */
export function isReadOnly(code: string | undefined): boolean {
  return code === READ_ONLY;
}

function begins(code: string | undefined, ...classes: readonly string[]): boolean {
  return classes.some((prefix) => code?.startsWith(prefix));
}

/** Returns the error by shape: errors of the socket layer may come from another realm, where `instanceof` fails. */
function plainError(error: unknown): { code?: string; message?: string } {
  return typeof error === 'object' && error !== null ? error : {};
}

const CONNECTION_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/** Returns whether a wait for a lock exceeded the configured limit. */
export function isLockTimeout(error: unknown): boolean {
  return sqlError(error)?.code === LOCK_NOT_AVAILABLE;
}

/** Returns whether a statement or a wait for a lock exceeded the configured limit. */
export function isTimeout(error: unknown): boolean {
  const code = sqlError(error)?.code;
  return code === QUERY_CANCELED || code === LOCK_NOT_AVAILABLE;
}

/** Returns whether every connection of the pool was busy for the configured time. */
export function isPoolExhausted(error: unknown): boolean {
  return plainError(error).message?.includes('timeout exceeded when trying to connect') === true;
}
