import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { License } from '../../licensing/index.js';
import { newId } from '../../shared/random.js';
import type { ActionReason } from '../../shared/http/action-reason.js';

/** A device that must not use a license, by its fingerprint. It has no active activation of the license. */
@Entity('blocked_devices')
export class BlockedDevice {
  @PrimaryColumn('text', { name: 'tenant_id' })
  tenantId!: string;

  @PrimaryColumn('uuid', { name: 'blocked_device_id' })
  blockedDeviceId!: string;

  @Column('uuid', { name: 'license_id' })
  licenseId!: string;

  @Column('text')
  fingerprint!: string;

  @Column('text', { name: 'reason_code' })
  reasonCode!: ActionReason['code'];

  /** Free text, which may be personal. */
  @Column('text', { name: 'reason_text', nullable: true })
  reasonText!: string | null;

  /** End of the last license file of the device, until which the revocation list names it; null: it has none. */
  @Column('timestamptz', { name: 'files_until', nullable: true })
  filesUntil!: Date | null;

  /** End of the block; null: blocked. */
  @Column('timestamptz', { name: 'ended_at', nullable: true })
  endedAt!: Date | null;

  @Column({ type: 'timestamptz', name: 'created_at', update: false })
  createdAt!: Date;

  static create(
    { tenantId, licenseId }: License,
    fingerprint: string,
    reason: ActionReason,
    filesUntil: Date | null,
    now: Date,
  ): BlockedDevice {
    return Object.assign(new BlockedDevice(), {
      tenantId,
      blockedDeviceId: newId(),
      licenseId,
      fingerprint,
      reasonCode: reason.code,
      reasonText: reason.text ?? null,
      filesUntil,
      endedAt: null,
      createdAt: now,
    });
  }
}
