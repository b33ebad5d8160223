import { Injectable } from '@nestjs/common';
import type { SignedDocument, UnsignedDocument } from './signed-document.js';
import type { SigningKey } from './signing-key.entity.js';
import { SigningKeyRepository } from './signing-key.repository.js';
import { SigningKeys } from './signing-keys.js';

/** Signs validations with the active key, which is read as a part of a statement of another module. Creates and activates no key. */
@Injectable()
export class ValidationSigner {
  constructor(
    private readonly keys: SigningKeyRepository,
    private readonly signingKeys: SigningKeys,
  ) {}

  /** Returns a query for the active key of a tenant; `fromJson` reads its row. The parameter is an SQL expression. */
  selectSql(tenantId: string): string {
    return this.keys.activeSql(tenantId);
  }

  fromJson(row: Record<string, unknown>): SigningKey {
    return this.keys.fromJson(row);
  }

  sign(key: SigningKey, document: Omit<UnsignedDocument, 'tenantId'>): Promise<SignedDocument> {
    return this.signingKeys.sign(key, document);
  }
}
