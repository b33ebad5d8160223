import { Injectable } from '@nestjs/common';
import type { Outcome } from '../shared/async/coalescer.js';
import { coalesceWrites } from '../shared/persistence/coalesce-writes.js';
import { UnitOfWork } from '../shared/persistence/unit-of-work.js';
import { rowKeyString } from '../shared/tenant-id.js';
import { seatChangeStatement, type ChangedLicense, type SeatChange } from './seat-change-statement.js';

const keyOf = ({ license }: SeatChange) => rowKeyString(license.tenantId, license.licenseId);

/** Stores seat changes without a lock before their writes. Those that arrive while others are in flight are one statement. */
@Injectable()
export class SeatChanges {
  private readonly groups = coalesceWrites<SeatChange, boolean>({
    // A tenant does not wait for its own changes: different licenses have no order.
    queueOf: keyOf,
    ownerOf: ({ license }) => license.tenantId,
    run: (group) => this.storeGroup(group),
  });

  constructor(private readonly unitOfWork: UnitOfWork) {}

  /**
   * Stores a change of a license in whose turn no other is stored, outside any unit of work. Returns false if the license has changed, is
   * locked, or may have no more events: nothing was written, and the change must be decided under the lock.
   */
  store(change: SeatChange): Promise<boolean> {
    return this.groups.add(change);
  }

  private async storeGroup(group: readonly SeatChange[]): Promise<Outcome<boolean>[]> {
    // Transactions that lock rows of several licenses in different orders would deadlock.
    const ordered = group.toSorted((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
    const rows = await this.unitOfWork.executeStandalone<ChangedLicense>(seatChangeStatement(ordered), (changed) => {
      const keys = keysOf(changed);
      return ordered.flatMap((change) => (keys.has(keyOf(change)) ? change.event : []));
    });
    const keys = keysOf(rows);
    return group.map((change) => ({ result: keys.has(keyOf(change)) }));
  }
}

function keysOf(rows: readonly ChangedLicense[]): ReadonlySet<string> {
  return new Set(rows.map(({ tenant_id, license_id }) => rowKeyString(tenant_id, license_id)));
}
