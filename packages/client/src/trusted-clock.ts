import { LicenseError } from './errors.js';
import { CLOCK_TOLERANCE_MS } from './signed-document.js';
import type { Store } from './store.js';

const LATEST = 'imprimatur.latest-time';

/** Detects a clock that was set back, by the latest time that the device has seen. */
export class TrustedClock {
  constructor(
    private readonly store: Store,
    private readonly clock: () => number,
  ) {}

  /** Returns milliseconds since 1970. Throws LicenseError CLOCK_TURNED_BACK. */
  async now(): Promise<number> {
    const now = this.clock();
    const latest = Number(await this.store.getItem(LATEST)) || 0;
    if (now < latest - CLOCK_TOLERANCE_MS) {
      throw new LicenseError(
        'CLOCK_TURNED_BACK',
        `The device clock was set back from ${new Date(latest).toISOString()}.`,
      );
    }
    if (now > latest) await this.store.setItem(LATEST, String(now));
    return Math.max(now, latest);
  }

  /** Sets the latest time to one that the server just signed, also if the device clock was ahead before. */
  async set(time: number): Promise<void> {
    await this.store.setItem(LATEST, String(time));
  }
}
