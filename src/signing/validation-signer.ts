import { Injectable } from '@nestjs/common';
import { jsonReader } from '../shared/persistence/entity-columns.js';
import type { SignedDocument, UnsignedDocument } from './signed-document.js';
import { SigningKey } from './signing-key.entity.js';
import { SigningKeyRepository } from './signing-key.repository.js';
import { SigningKeys } from './signing-keys.js';

/** Reads a key that a statement selected by `ValidationSigner.selectSql` as one JSON value. */
export const readSigningKey = jsonReader(SigningKey);

/** Signs validations with the active key, which is read as a part of a statement of another module. Creates and activates no key. */
@Injectable()
export class ValidationSigner {
  constructor(
    private readonly keys: SigningKeyRepository,
    private readonly signingKeys: SigningKeys,
  ) {}

  /** Returns a query for the active key of a tenant; `readSigningKey` reads its row. The parameter is an SQL expression. */
  selectSql(tenantId: string): string {
    return this.keys.activeSql(tenantId);
  }

  sign(key: SigningKey, document: Omit<UnsignedDocument, 'tenantId'>): SignedDocument {
    return this.signingKeys.sign(key, document);
  }
}
