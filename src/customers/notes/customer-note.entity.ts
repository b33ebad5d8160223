import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Actor, Subject } from '../../shared/access/actor.js';
import { newId } from '../../shared/random.js';

/** Text of staff about a customer. It never changes. */
@Entity('customer_notes')
export class CustomerNote {
  @PrimaryColumn('text', { name: 'tenant_id' })
  tenantId!: string;

  @PrimaryColumn('uuid', { name: 'note_id' })
  noteId!: string;

  @Column('text', { name: 'customer_id' })
  customerId!: string;

  @Column('text')
  text!: string;

  @Column('jsonb')
  author!: Subject;

  @Column({ type: 'timestamptz', name: 'created_at', update: false })
  createdAt!: Date;

  static create({ tenantId, subject }: Actor, customerId: string, text: string, now: Date): CustomerNote {
    const fields = { tenantId, noteId: newId(), customerId, text, author: subject, createdAt: now };
    return Object.assign(new CustomerNote(), fields);
  }
}
