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
const OPERATOR_INTERVENTION = '57P';
const INSUFFICIENT_PRIVILEGE = '42501';
const NO_SUCH_STATEMENT = '26000';
const STATEMENT_EXISTS = '42P05';
const IN_FAILED_TRANSACTION = '25P02';

/** PostgreSQL's own answer to a statement, if that is what this error is. */
export function sqlError(error: unknown): DatabaseError | undefined {
  const cause: unknown = error instanceof QueryFailedError ? error.driverError : error;
  return cause instanceof DatabaseError ? cause : undefined;
}

/** True when a statement broke this named constraint. */
export function violates(error: unknown, constraint: string): boolean {
  return sqlError(error)?.constraint === constraint;
}

/** The name of a prepared statement is not known to the session, or is taken in it. */
export function isStatementNameFault(error: unknown): boolean {
  const code = sqlError(error)?.code;
  return code === NO_SUCH_STATEMENT || code === STATEMENT_EXISTS;
}

/** The role may not do what the statement asks. */
export function isForbidden(error: unknown): boolean {
  return sqlError(error)?.code === INSUFFICIENT_PRIVILEGE;
}

/** The transaction lost against another one and can simply be run again. */
export function isTransient(error: unknown): boolean {
  const code = sqlError(error)?.code;
  return code === SERIALIZATION_FAILURE || code === DEADLOCK_DETECTED;
}

/** Only says that an earlier statement of the transaction failed. */
export function isTransactionAborted(error: unknown): boolean {
  return sqlError(error)?.code === IN_FAILED_TRANSACTION;
}

/** A statement was sent and nobody will learn its answer. */
export class UnansweredError extends Error {}

/** The server ended the session (57P01–57P03) or the connection broke: what was sent may or may not have been done. */
export function isConnectionLoss(error: unknown): boolean {
  const answer = sqlError(error);
  if (answer) return answer.severity === 'FATAL' || begins(answer.code, OPERATOR_INTERVENTION, CONNECTION_EXCEPTION);
  const cause: unknown = error instanceof QueryFailedError ? error.driverError : error;
  if (cause instanceof UnansweredError) return true;
  const { code = '', message = '' } = plainError(cause);
  return CONNECTION_CODES.has(code) || /^Connection terminated|not queryable|Client was closed/.test(message);
}

/** The database is there and lacks what the statement needs: space, memory, a session, or the right to write at all. */
export function isIncapacity(error: unknown): boolean {
  const code = sqlError(error)?.code;
  return isReadOnly(code) || isOutOfSpace(code) || begins(code, INSUFFICIENT_RESOURCES);
}

/** The code of a statement that found no space, or no disk, to write to. */
export function isOutOfSpace(code: string | undefined): boolean {
  return code === DISK_FULL || code === IO_ERROR;
}

/** The code of a write on a standby, or where transactions only read. */
export function isReadOnly(code: string | undefined): boolean {
  return code === READ_ONLY;
}

function begins(code: string | undefined, ...classes: readonly string[]): boolean {
  return classes.some((prefix) => code?.startsWith(prefix));
}

/** What the socket layer throws is told by its code: it may be made in another realm, where `instanceof` does not reach. */
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

/** Another transaction held a lock for longer than the configuration allows to wait. */
export function isLockTimeout(error: unknown): boolean {
  return sqlError(error)?.code === LOCK_NOT_AVAILABLE;
}

/** A statement or a lock took longer than the configuration allows. */
export function isTimeout(error: unknown): boolean {
  const code = sqlError(error)?.code;
  return code === QUERY_CANCELED || code === LOCK_NOT_AVAILABLE;
}

/** Every connection of the pool was busy for as long as the configuration allows to wait. */
export function isPoolExhausted(error: unknown): boolean {
  return plainError(error).message?.includes('timeout exceeded when trying to connect') === true;
}
