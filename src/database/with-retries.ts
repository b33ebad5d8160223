import { setTimeout as pause } from 'node:timers/promises';
import { databaseProblem } from './database.errors.js';
import { isTransient } from './sql-errors.js';

const MAX_ATTEMPTS = 5;
/** Longest pause after the first attempt; the limit doubles with each further attempt. */
const FIRST_PAUSE_MS = 10;

/** Makes the work roll back and run again as a whole, as when a random key already exists. */
export class RetryTransaction extends Error {}

/** Repeats work after a transient error or RetryTransaction. The pause is random, else the same transactions would collide again. */
export async function withRetries<T>(attempt: () => Promise<T>): Promise<T> {
  for (let attempts = 1; ; attempts++) {
    try {
      return await attempt();
    } catch (error) {
      const isRetryable = isTransient(error) || error instanceof RetryTransaction;
      if (!isRetryable || attempts === MAX_ATTEMPTS) throw databaseProblem(error);
      await pause(FIRST_PAUSE_MS * 2 ** (attempts - 1) * (0.5 + Math.random() / 2));
    }
  }
}
