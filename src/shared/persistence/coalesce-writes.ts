import { HttpException, ServiceUnavailableException } from '@nestjs/common';
import { isLockTimeout } from '../../database/sql-errors.js';
import { Coalescer, type CoalescerOptions } from '../async/coalescer.js';
import type { Isolation } from '../async/isolate.js';

/** Most items of a statement. Further ones wait for the next, so that none waits long for its transaction. */
const MAX_GROUP_SIZE = 100;
/** With several, one that waits for a lock does not delay all others for long. */
const MAX_GROUPS_IN_FLIGHT = 3;
/** Longer than the transaction of a full group takes under load. */
const BESIDE_AFTER_MS = 200;

/** Coalesces changes, which `run` stores by standalone statements. A group that fails runs again in parts, so that a bad item fails no other. */
export function coalesceWrites<Item, Result>(
  options: Pick<CoalescerOptions<Item, Result>, 'run' | 'queueOf' | 'ownerOf' | 'overlapsFullGroups' | 'hasOneQueue'>,
): Coalescer<Item, Result> {
  return new Coalescer({
    maxGroupSize: MAX_GROUP_SIZE,
    maxInFlight: MAX_GROUPS_IN_FLIGHT,
    besideAfterMs: BESIDE_AFTER_MS,
    isolationAfter,
    ...options,
  });
}

/**
 * Tells how the items of a failed standalone statement run again. A lock timeout concerns only the requests for the locked row, and each part
 * with them would wait as long again. Where the database is to blame, each would fail alone, too, or may have been committed already.
 */
function isolationAfter(error: unknown): Isolation {
  if (isLockTimeout(causeOf(error))) return 'SINGLY';
  return error instanceof ServiceUnavailableException ? 'NOT' : 'HALVES';
}

/** Returns the error of the database behind a named error. */
export function causeOf(error: unknown): unknown {
  return error instanceof HttpException ? error.cause : error;
}
