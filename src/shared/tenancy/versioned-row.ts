import { changeBetween, type Change } from '../events/change.js';
import type { JsonObject } from '../events/integration-event.js';
import { PreconditionFailedError } from '../http/problem.errors.js';
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

  /** Any version will do where none is named. Throws PreconditionFailedError. */
  assertVersion(known: readonly number[] | undefined): void {
    if (known && !known.includes(this.version)) throw new PreconditionFailedError(this.version);
  }

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
