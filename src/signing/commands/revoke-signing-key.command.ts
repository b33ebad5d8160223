import { EndSigningKeyCommand } from './signing-key.command.js';

/** Revokes a compromised key: its signatures are no longer valid. */
export class RevokeSigningKeyCommand extends EndSigningKeyCommand {
  static readonly operation = 'signing-keys.revoke';
}
