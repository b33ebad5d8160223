import { UsageCommand } from './usage.command.js';

/**
 * Consumes an amount of a feature, all of it or nothing. Records no event: the stored count is the record. Throws LicenseNotFoundError,
 * LicenseStateError, FeatureUnavailableError, UsageExceededError.
 */
export class ConsumeUsageCommand extends UsageCommand {
  static readonly operation = 'usage.consume';
}
