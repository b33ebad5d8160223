import type { CommandOptions } from '../shared/messaging/tenant-command.js';
import type { License } from '../licensing/index.js';
import type { Activation } from './activation.entity.js';

/** License with its row version and the latest activation of a device, as one statement read them without a lock. */
export interface UnlockedLicense {
  readonly license: License;
  readonly activation: Activation | undefined;
  /** Whether the vendor has blocked the device. */
  readonly isBlocked: boolean;
  /** Time of performance.now() before the read. */
  readonly readFrom: number;
}

/** Options of a command about a device. */
export interface UnlockedOptions extends CommandOptions {
  /** License and device as they were read for this request; a change of a counted seat, or a heartbeat, then needs no lock before its writes. */
  readonly unlocked?: UnlockedLicense;
}
