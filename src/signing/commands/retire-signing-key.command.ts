import { EndSigningKeyCommand } from './signing-key.command.js';

/** Retires the key: it signs no longer, and its signatures stay valid. */
export class RetireSigningKeyCommand extends EndSigningKeyCommand {
  static readonly operation = 'signing-keys.retire';
}
