import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../shared/persistence/unit-of-work.js';
import { TenantScopedRepository } from '../shared/persistence/tenant-scoped.repository.js';
import { SigningKey } from './signing-key.entity.js';
import type { SigningKeyState } from './signing-key-state.js';

@Injectable()
export class SigningKeyRepository extends TenantScopedRepository<SigningKey> {
  constructor(unitOfWork: UnitOfWork) {
    super(SigningKey, 'kid', unitOfWork);
  }

  /** Returns the keys, the oldest first, that a currently valid document may be signed with. */
  async findPublished(tenantId: string, now: Date): Promise<SigningKey[]> {
    const keys = await this.findIn(tenantId, ['CREATED', 'ACTIVE', 'RETIRED']);
    return keys.filter(({ publishedUntil }) => publishedUntil === null || publishedUntil > now);
  }

  /** Returns a query for the key that signs, of which a tenant has one at most. The parameter is an SQL expression. */
  activeSql(tenantId: string): string {
    return `SELECT ${this.columns('item')} FROM signing_keys item
            WHERE item.tenant_id = ${tenantId} AND item.state = 'ACTIVE'`;
  }

  /** Returns the keys in these states, the oldest first. */
  findIn(tenantId: string, states: readonly SigningKeyState[]): Promise<SigningKey[]> {
    return this.unitOfWork.read(tenantId, async (transaction) => {
      const rows = await transaction.query({
        name: 'signing_keys.find-in',
        text: `SELECT ${this.columns('item')} FROM signing_keys item
               WHERE item.tenant_id = $1 AND item.state = ANY($2) ORDER BY item.created_at, item.kid`,
        values: [tenantId, [...states]],
      });
      return rows.map((row) => this.toEntity(row));
    });
  }
}
