import type { License } from '../licensing/index.js';
import type { Activation } from './activation.entity.js';
import type { OtherActivations } from './seat-decision.js';

/** License under its lock, with the requesting device and the other active activations. */
export interface LockedLicense {
  /** Time at which the lock was held, so that a later change has a later time. */
  readonly now: Date;
  /** Milliseconds; see DatabaseClock. */
  readonly toleranceMs: number;
  readonly license: License;
  /** Latest activation of the device, which may have ended. */
  readonly device: Activation | undefined;
  readonly others: OtherActivations;
  /** The other active activations before a replacement, which a refusal rolls back; absent: none was replaced. */
  readonly stored?: OtherActivations;
  /** Whether the vendor has blocked the device. */
  readonly isBlocked: boolean;
}
