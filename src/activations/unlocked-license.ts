import type { License } from '../licensing/index.js';
import type { Activation } from './activation.entity.js';

/** License with its row version and the latest activation of a device, as one statement read them without a lock. */
export interface UnlockedLicense {
  readonly license: License;
  readonly device: Activation | undefined;
  /** Time of performance.now() before the read. */
  readonly readFrom: number;
}
