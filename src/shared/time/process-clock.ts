import { Injectable } from '@nestjs/common';

/** The clocks of the process's machine, in milliseconds. Only `DatabaseClock` reads them. */
@Injectable()
export class ProcessClock {
  /** May be set, also by years and back. */
  wall(): number {
    return Date.now();
  }

  /** Cannot be set, and begins anywhere. */
  monotonic(): number {
    return performance.now();
  }
}
