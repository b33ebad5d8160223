import { randomFillSync } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';

const POOL_BYTES = 4096;
const UUID_BYTES = 16;
const pool = Buffer.alloc(POOL_BYTES);
let given = POOL_BYTES;

/**
 * Bytes of the operating system's generator, at most 4096. They are drawn a page at a time, because a call to the generator
 * costs far more than its bytes; each byte is given out once and wiped.
 */
export function randomBytes(count: number): Buffer {
  if (count > POOL_BYTES) throw new RangeError(`At most ${POOL_BYTES} bytes are given at once.`);
  if (given + count > POOL_BYTES) {
    randomFillSync(pool);
    given = 0;
  }
  const bytes = Buffer.from(pool.subarray(given, given + count));
  pool.fill(0, given, given + count);
  given += count;
  return bytes;
}

/** So far ids may be ahead of the clock in order to keep their order. */
const MAX_AHEAD_MS = 1_000;

let lastMs = 0;
let sequence = 0;

/** A UUID v7. Those of one process are in the order in which they were made, also within a millisecond. */
export function newId(): string {
  const random = randomBytes(UUID_BYTES);
  const now = Date.now();
  // A clock that was ahead, and was set back, must not be followed by ids of the future.
  if (now > lastMs || now < lastMs - MAX_AHEAD_MS) {
    lastMs = now;
    // 31 of its 32 bits, so that counting on within the millisecond has room.
    sequence = random.readUInt32BE(6) >>> 1;
  } else {
    sequence++;
  }
  return uuidv7({ random, msecs: lastMs, seq: sequence });
}
