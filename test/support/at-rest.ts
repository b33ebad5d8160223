import { Clock } from '../../src/shared/time/clock.js';
import { TestApp, type TestAppOptions } from './app.js';

export const MINUTE_MS = 60_000;

/** In milliseconds. */
export interface Time {
  now: number;
}

/** A second after its beginning. */
export function toNextMinute(time: Time): Time {
  time.now = (Math.floor(time.now / MINUTE_MS) + 1) * MINUTE_MS + 1_000;
  return time;
}

/** An application whose clock stands at the beginning of a minute until it is moved, and that allows an address 30 failures. */
export async function startAtRest(options: TestAppOptions = {}, time = toNextMinute({ now: Date.now() })) {
  const app = await TestApp.start({
    ...options,
    environment: { RATE_LIMIT_FAILURES: '30', ...options.environment },
    override: (builder) => builder.overrideProvider(Clock).useValue({ now: () => new Date(time.now) }),
  });
  return { app, time };
}
