import { Injectable } from '@nestjs/common';
import { TenantScopedRepository } from '../../shared/persistence/tenant-scoped.repository.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { CustomerNote } from './customer-note.entity.js';

@Injectable()
export class CustomerNoteRepository extends TenantScopedRepository<CustomerNote> {
  constructor(unitOfWork: UnitOfWork) {
    super(CustomerNote, 'noteId', unitOfWork);
  }

  /** Deletes a note of a customer and returns it; undefined if there is none. */
  async delete(tenantId: string, customerId: string, noteId: string): Promise<CustomerNote | undefined> {
    const [row] = await this.unitOfWork.run(tenantId, (transaction) =>
      transaction.query({
        name: 'customer-notes.delete',
        text: `DELETE FROM customer_notes item WHERE item.tenant_id = $1 AND item.customer_id = $2 AND item.note_id = $3
               RETURNING ${this.columns('item')}`,
        values: [tenantId, customerId, noteId],
      }),
    );
    return row && this.toEntity(row);
  }
}
