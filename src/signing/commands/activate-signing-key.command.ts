import { SigningKeyCommand } from './signing-key.command.js';

/** The key signs from now on, and the one that did retires. */
export class ActivateSigningKeyCommand extends SigningKeyCommand {
  static readonly operation = 'signing-keys.activate';
}
