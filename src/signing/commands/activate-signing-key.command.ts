import { SigningKeyCommand } from './signing-key.command.js';

/** Activates the key and retires the key that was active before. */
export class ActivateSigningKeyCommand extends SigningKeyCommand {
  static readonly operation = 'signing-keys.activate';
}
