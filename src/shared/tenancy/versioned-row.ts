import { changeBetween, type Change } from '../events/change.js';
import type { JsonObject } from '../events/integration-event.js';
import { Column, PrimaryColumn } from 'typeorm';

/** What every resource that can be changed has. `version` begins at 1 and each change raises it by one. */
export abstract class VersionedRow {
  @PrimaryColumn('text', { name: 'tenant_id' })
  tenantId!: string;

  @Column('integer')
  version!: number;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt!: Date;

  /** Compares what can be changed with what it was before; raises the version if it differs. */
  protected changedSince(before: JsonObject, after: JsonObject, now: Date): Change | undefined {
    const change = changeBetween(before, after);
    if (!change) return undefined;
    this.version += 1;
    this.updatedAt = now;
    return change;
  }

  /** The columns of a row that is made now. */
  protected static newRow(tenantId: string, now: Date) {
    return { tenantId, version: 1, createdAt: now, updatedAt: now };
  }
}
