import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ActivateSigningKeyHandler } from './commands/activate-signing-key.handler.js';
import { CreateSigningKeyHandler } from './commands/create-signing-key.handler.js';
import { RetireSigningKeyHandler } from './commands/retire-signing-key.handler.js';
import { RevokeSigningKeyHandler } from './commands/revoke-signing-key.handler.js';
import { SignDocumentHandler } from './commands/sign-document.handler.js';
import { KeySetController } from './key-set.controller.js';
import { GetKeySetHandler } from './queries/get-key-set.handler.js';
import { GetSigningKeyHandler } from './queries/get-signing-key.handler.js';
import { ListSigningKeysHandler } from './queries/list-signing-keys.handler.js';
import { SigningKey } from './signing-key.entity.js';
import { SigningKeyActions } from './signing-key-actions.js';
import { SigningKeyRepository } from './signing-key.repository.js';
import { SigningKeys } from './signing-keys.js';
import { ValidationSigner } from './validation-signer.js';
import { SigningKeysController } from './signing-keys.controller.js';

@Module({
  imports: [TypeOrmModule.forFeature([SigningKey])],
  controllers: [SigningKeysController, KeySetController],
  providers: [
    SigningKeyRepository,
    SigningKeyActions,
    SigningKeys,
    ValidationSigner,
    CreateSigningKeyHandler,
    ActivateSigningKeyHandler,
    RetireSigningKeyHandler,
    RevokeSigningKeyHandler,
    SignDocumentHandler,
    GetSigningKeyHandler,
    ListSigningKeysHandler,
    GetKeySetHandler,
  ],
  exports: [ValidationSigner],
})
export class SigningModule {}
