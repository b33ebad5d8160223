import { Column, PrimaryColumn } from 'typeorm';
import { changeBetween, type Change } from './change.js';
import { PreconditionFailedError } from '../errors.js';
import type { JsonObject } from '../json.js';

/** Row with a version for If-Match, which starts at 1 and rises by one with each change. */
export abstract class Versioned {
  @Column('integer')
  version!: number;

  @Column({ type: 'timestamptz', name: 'created_at', update: false })
  createdAt!: Date;

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt!: Date;

  /** Throws PreconditionFailedError unless the version is among `known`; undefined accepts any version. */
  assertVersion(known: readonly number[] | undefined): void {
    if (known && !known.includes(this.version)) throw new PreconditionFailedError(this.version);
  }

  /** Compares two snapshots; raises the version and returns the change if they differ. */
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

/** Columns of every changeable resource of a tenant. */
export abstract class VersionedRow extends Versioned {
  @PrimaryColumn('text', { name: 'tenant_id' })
  tenantId!: string;

  /** Returns these columns for a row that is created now. */
  protected static newRow(tenantId: string, now: Date) {
    return { tenantId, version: 1, createdAt: now, updatedAt: now };
  }
}
