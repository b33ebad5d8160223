import { EndSigningKeyCommand } from './signing-key.command.js';

/** The key is compromised: what it signed is no longer good. */
export class RevokeSigningKeyCommand extends EndSigningKeyCommand {
  static readonly operation = 'signing-keys.revoke';
}
