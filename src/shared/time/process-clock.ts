import { Injectable } from '@nestjs/common';

/** Clocks of this machine, in milliseconds. Only `DatabaseClock` reads them. */
@Injectable()
export class ProcessClock {
  /** Wall clock, which may be set forwards or back by any amount. */
  wall(): number {
    return Date.now();
  }

  /** Monotonic clock, which cannot be set and has an arbitrary origin. */
  monotonic(): number {
    return performance.now();
  }
}
