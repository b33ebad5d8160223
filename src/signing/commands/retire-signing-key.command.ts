import { EndSigningKeyCommand } from './signing-key.command.js';

/** The key signs no more; what it signed stays good. */
export class RetireSigningKeyCommand extends EndSigningKeyCommand {
  static readonly operation = 'signing-keys.retire';
}
