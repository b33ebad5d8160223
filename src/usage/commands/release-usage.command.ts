import { UsageCommand } from './usage.command.js';

/**
 * Releases usage of the current period, at most what is used. Throws LicenseNotFoundError, LicenseStateError, FeatureUnavailableError,
 * UsageNotHeldError.
 */
export class ReleaseUsageCommand extends UsageCommand {
  static readonly operation = 'usage.release';
}
