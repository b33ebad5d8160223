import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../shared/persistence/transaction.js';
import { TenantScopedRepository } from '../../shared/persistence/tenant-scoped.repository.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { BlockedDevice } from './blocked-device.entity.js';

/** Device of a license whose license file the revocation list ends. */
export interface BlockedFile {
  readonly licenseId: string;
  readonly fingerprint: string;
}

/** Only under the lock of their license are rows added or ended. */
@Injectable()
export class BlockedDeviceRepository extends TenantScopedRepository<BlockedDevice> {
  constructor(unitOfWork: UnitOfWork) {
    super(BlockedDevice, 'blockedDeviceId', unitOfWork);
  }

  /** Returns a query for one row if the device is blocked, else none. The parameters are SQL expressions. */
  isBlockedSql(tenantId: string, licenseId: string, fingerprint: string): string {
    return `SELECT true FROM blocked_devices blocked WHERE blocked.tenant_id = ${tenantId} AND blocked.license_id = ${licenseId}
              AND blocked.fingerprint = ${fingerprint} AND blocked.ended_at IS NULL LIMIT 1`;
  }

  /** Finds the block of a device, unless it has ended. */
  async findBlock(tenantId: string, licenseId: string, fingerprint: string): Promise<BlockedDevice | undefined> {
    const [row] = await this.unitOfWork.read(tenantId, (transaction) =>
      transaction.query({
        name: 'blocked-devices.find-block',
        text: `SELECT ${this.columns('item')} FROM blocked_devices item
               WHERE item.tenant_id = $1 AND item.license_id = $2 AND item.fingerprint = $3 AND item.ended_at IS NULL`,
        values: [tenantId, licenseId, fingerprint],
      }),
    );
    return row && this.toEntity(row);
  }

  /** Tells whether the device was blocked at a time. */
  async wasBlocked(tenantId: string, licenseId: string, fingerprint: string, instant: Date): Promise<boolean> {
    const rows = await this.unitOfWork.read(tenantId, (transaction) =>
      transaction.query({
        name: 'blocked-devices.was-blocked',
        text: `SELECT 1 FROM blocked_devices WHERE tenant_id = $1 AND license_id = $2 AND fingerprint = $3
                 AND created_at <= $4 AND (ended_at > $4) IS NOT FALSE LIMIT 1`,
        values: [tenantId, licenseId, fingerprint, instant],
      }),
    );
    return rows.length > 0;
  }

  /** Lists the blocked devices that may have a license file that is valid at `now`. */
  listFiles(tenantId: string, now: Date): Promise<BlockedFile[]> {
    return this.unitOfWork.read(tenantId, (transaction) =>
      transaction.query<BlockedFile & Record<string, unknown>>({
        name: 'blocked-devices.list-files',
        text: `SELECT license_id AS "licenseId", fingerprint FROM blocked_devices
               WHERE tenant_id = $1 AND ended_at IS NULL AND files_until > $2`,
        values: [tenantId, now],
      }),
    );
  }

  /** Inserts a block with the commit. */
  add(transaction: Transaction, blocked: BlockedDevice): void {
    transaction.write(this.insertStatement(blocked));
  }

  /** Stores the end of a block with the commit. */
  end(transaction: Transaction, { tenantId, blockedDeviceId }: BlockedDevice, now: Date): void {
    transaction.write({
      name: 'blocked-devices.end',
      text: 'UPDATE blocked_devices SET ended_at = $3 WHERE tenant_id = $1 AND blocked_device_id = $2',
      values: [tenantId, blockedDeviceId, now],
    });
  }
}
