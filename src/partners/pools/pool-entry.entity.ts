import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { PoolEntryKind } from './pool-entry-kind.js';

/** Entry of the ledger of a pool, which is never changed. */
@Entity('pool_entries')
export class PoolEntry {
  @PrimaryColumn('text', { name: 'tenant_id' })
  tenantId!: string;

  @PrimaryColumn('uuid', { name: 'pool_id' })
  poolId!: string;

  @PrimaryColumn('integer')
  number!: number;

  @Column('uuid', { name: 'partner_id' })
  partnerId!: string;

  @Column('text')
  kind!: PoolEntryKind;

  @Column('integer')
  quantity!: number;

  @Column('uuid', { name: 'license_id', nullable: true })
  licenseId!: string | null;

  @Column('integer')
  allotted!: number;

  @Column('integer')
  issued!: number;

  @Column('integer')
  returned!: number;

  @Column('integer')
  expired!: number;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;
}
