import type { CommandOptions } from '../shared/messaging/tenant-command.js';
import type { License } from './license.entity.js';

/** Options of a command of a program about its license. */
export interface LicenseOptions extends CommandOptions {
  /** License that was read for this request. No part of the payload. Without it the command reads the license. */
  readonly license?: License;
}
