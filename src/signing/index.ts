export { assertSigningKeysOpen, hasSigningKeys } from './assert-signing-keys-open.js';
export { ActivateSigningKeyCommand } from './commands/activate-signing-key.command.js';
export { CreateSigningKeyCommand } from './commands/create-signing-key.command.js';
export { RetireSigningKeyCommand } from './commands/retire-signing-key.command.js';
export { RevokeSigningKeyCommand } from './commands/revoke-signing-key.command.js';
export { SignDocumentCommand } from './commands/sign-document.command.js';
export {
  SigningKeyActivatedEvent,
  SigningKeyCreatedEvent,
  SigningKeyRetiredEvent,
  SigningKeyRevokedEvent,
} from './events/signing-key.events.js';
export { GetKeySetQuery } from './queries/get-key-set.query.js';
export { GetSigningKeyQuery } from './queries/get-signing-key.query.js';
export { ListSigningKeysQuery } from './queries/list-signing-keys.query.js';
export { MAX_VALIDITY_MS, type SignedDocument, type UnsignedDocument } from './signed-document.js';
export type { KeySet, SigningKeyResponse } from './signing-key.response.js';
export { signingKeySealContext } from './signing-key.entity.js';
export {
  NoActiveSigningKeyError,
  OnlyActiveSigningKeyError,
  SigningKeyNotFoundError,
  SigningKeyStateError,
} from './signing-key.errors.js';
export type { SigningKey } from './signing-key.entity.js';
export { SigningModule } from './signing.module.js';
export { readSigningKey, ValidationSigner } from './validation-signer.js';
