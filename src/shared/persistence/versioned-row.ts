import { Column, PrimaryColumn } from 'typeorm';
import { changeBetween, type Change } from './change.js';
import { PreconditionFailedError } from '../errors.js';
import type { JsonObject } from '../json.js';

/** What can be changed and tells by its version which change was the last. It begins at 1; each change raises it by one. */
export abstract class Versioned {
  @Column('integer')
  version!: number;

  @Column({ type: 'timestamptz', name: 'created_at', update: false })
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
    if (change) this.changed(now);
    return change;
  }

  protected changed(now: Date): void {
    this.version += 1;
    this.updatedAt = now;
  }
}

/** What every resource of a tenant that can be changed has. */
export abstract class VersionedRow extends Versioned {
  @PrimaryColumn('text', { name: 'tenant_id' })
  tenantId!: string;

  /** The columns of a row that is made now. */
  protected static newRow(tenantId: string, now: Date) {
    return { tenantId, version: 1, createdAt: now, updatedAt: now };
  }
}
