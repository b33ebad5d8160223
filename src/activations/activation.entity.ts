import { isDeepStrictEqual } from 'node:util';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { newId } from '../shared/random.js';
import type { DeviceInput } from './activation.requests.js';
import { SeatLentError } from './activation.errors.js';
import type { JsonObject } from '../shared/json.js';
import type { ActivationStatus, ActivationType } from './activation-status.js';
import type { LeaseTimes } from './lease-times.js';

/** Data of an activation besides that of the device. */
export interface SeatGrant {
  readonly tenantId: string;
  readonly licenseId: string;
  readonly now: Date;
  /** Address of the sender of the request. */
  readonly ipAddress: string | null;
  /** End of the lease; null: no lease. */
  readonly leaseExpiresAt: Date | null;
  /** Milliseconds; see DatabaseClock. */
  readonly toleranceMs: number;
  /** End of the license file created for the device; null: none is created. */
  readonly lentUntil: Date | null;
}

/** Fields of an activation that count where users or units are counted. */
export type CountedFields = Readonly<Pick<Activation, 'userId' | 'units'>>;

/** Binds a device to a license. A device that is activated again after its activation ended gets a new one. */
@Entity('license_activations')
export class Activation {
  @PrimaryColumn('text', { name: 'tenant_id' })
  tenantId!: string;

  @PrimaryColumn('uuid', { name: 'activation_id' })
  activationId!: string;

  @Column('uuid', { name: 'license_id' })
  licenseId!: string;

  /** Identifier of the device, chosen by the program of the vendor. */
  @Column('text')
  fingerprint!: string;

  /** User who holds the seat, where users are counted. */
  @Column('text', { name: 'user_id', nullable: true })
  userId!: string | null;

  /** Processors or cores of the device, where those are counted. */
  @Column('integer')
  units!: number;

  @Column('text', { name: 'activation_type' })
  activationType!: ActivationType;

  @Column('text')
  status!: ActivationStatus;

  @Column('text', { name: 'device_name', nullable: true })
  deviceName!: string | null;

  @Column('text', { nullable: true })
  hostname!: string | null;

  @Column('text', { nullable: true })
  platform!: string | null;

  /** Version of the program of the vendor. */
  @Column('text', { name: 'app_version', nullable: true })
  appVersion!: string | null;

  @Column('text', { name: 'ip_address', nullable: true })
  ipAddress!: string | null;

  @Column('jsonb')
  metadata!: JsonObject;

  @Column('timestamptz', { name: 'first_seen_at' })
  firstSeenAt!: Date;

  /** Time of the last request; lags by up to the flush interval of DeviceLastSeen. */
  @Column('timestamptz', { name: 'last_seen_at' })
  lastSeenAt!: Date;

  @Column('timestamptz', { name: 'lease_expires_at', nullable: true })
  leaseExpiresAt!: Date | null;

  /** End of the license file that holds the seat, which cannot be freed before; null: none. */
  @Column('timestamptz', { name: 'lent_until', nullable: true })
  lentUntil!: Date | null;

  /** End of the activation; null: active. */
  @Column('timestamptz', { name: 'ended_at', nullable: true })
  endedAt!: Date | null;

  @Column({ type: 'timestamptz', name: 'created_at', update: false })
  createdAt!: Date;

  /** Version of the stored row, which every write of it changes. Only of an activation that was read without a lock. No column. */
  rowVersion?: string;

  static create(device: DeviceInput, grant: SeatGrant): Activation {
    const { tenantId, licenseId, now } = grant;
    const activation = Object.assign(new Activation(), {
      tenantId,
      activationId: newId(),
      licenseId,
      fingerprint: device.fingerprint,
      userId: null,
      units: 1,
      activationType: device.activation_type,
      leaseExpiresAt: null,
      status: 'ACTIVE' as const,
      deviceName: null,
      hostname: null,
      platform: null,
      appVersion: null,
      ipAddress: null,
      metadata: {},
      firstSeenAt: now,
      lentUntil: null,
      endedAt: null,
      createdAt: now,
    });
    activation.updateFrom(device, grant);
    return activation;
  }

  /** Updates an activation from a new request of its device. Fields that the request omits stay. */
  updateFrom(device: DeviceInput, { now, ipAddress, leaseExpiresAt, toleranceMs, lentUntil }: SeatGrant): void {
    if (this.activationType === 'OFFLINE') this.activationType = device.activation_type;
    this.userId = device.user_id ?? this.userId;
    this.units = device.units ?? this.units;
    this.deviceName = device.name ?? this.deviceName;
    this.hostname = device.hostname ?? this.hostname;
    this.platform = device.platform ?? this.platform;
    this.appVersion = device.version ?? this.appVersion;
    this.ipAddress = ipAddress ?? this.ipAddress;
    this.metadata = device.metadata ?? this.metadata;
    this.lastSeenAt = now;
    this.lentUntil = laterOf(this.lentUntil, lentUntil);
    this.extendLease(leaseExpiresAt, toleranceMs);
  }

  /** Tells whether two states of an activation differ at most in when the device was last seen and in the end of its lease. */
  equalsButForTimes(other: Activation): boolean {
    const { lastSeenAt, leaseExpiresAt } = this;
    return isDeepStrictEqual(Object.assign({}, this), Object.assign({}, other, { lastSeenAt, leaseExpiresAt }));
  }

  /** Records a heartbeat of an active device that no license file holds. `leaseExpiresAt` is the end of the lease; null: no lease. */
  renew(now: Date, leaseExpiresAt: Date | null, toleranceMs: number): void {
    this.lastSeenAt = laterWithin(this.lastSeenAt, now, toleranceMs);
    this.extendLease(leaseExpiresAt, toleranceMs);
  }

  private extendLease(leaseExpiresAt: Date | null, toleranceMs: number): void {
    const extended = leaseExpiresAt && laterWithin(this.leaseExpiresAt, leaseExpiresAt, toleranceMs);
    this.leaseExpiresAt = extended && laterOf(extended, this.lentUntil);
  }

  /** Ends the activation and frees its seat. False if it had ended. Throws SeatLentError while a license file holds the seat. */
  end(now: Date): boolean {
    if (this.status !== 'ACTIVE') return false;
    if (this.lentUntil && this.lentUntil > now) throw new SeatLentError(this.lentUntil);
    return this.block(now);
  }

  /** Ends the activation of a blocked device, also while a license file holds the seat. False if it had ended. */
  block(now: Date): boolean {
    if (this.status !== 'ACTIVE') return false;
    this.status = 'DEACTIVATED';
    this.endedAt = now;
    return true;
  }

  /** Times that an active activation contributes to those of its license. */
  get leaseTimes(): LeaseTimes {
    if (this.status !== 'ACTIVE') return { firstLeaseEnd: null, lastFreeLeaseEnd: null, lastSeenAt: null };
    const { leaseExpiresAt, lentUntil, lastSeenAt } = this;
    const isHeld = leaseExpiresAt !== null && lentUntil !== null && leaseExpiresAt <= lentUntil;
    return { firstLeaseEnd: leaseExpiresAt, lastFreeLeaseEnd: isHeld ? null : leaseExpiresAt, lastSeenAt };
  }

  /** Returns the current status: an ended lease is EXPIRED even if that is not stored yet. */
  statusAt(now: Date): ActivationStatus {
    const leaseEnded = this.leaseExpiresAt !== null && this.leaseExpiresAt <= now;
    return this.status === 'ACTIVE' && leaseEnded ? 'EXPIRED' : this.status;
  }
}

/** Returns the later of a stored time and one that is written now; a stored time beyond the tolerance was written while a clock was ahead. */
function laterWithin(stored: Date | null, written: Date, toleranceMs: number): Date {
  return stored && stored > written && stored.getTime() <= written.getTime() + toleranceMs ? stored : written;
}

/** Returns the later of two times; null if both are null. */
function laterOf(one: Date | null, other: Date | null): Date | null {
  return one && other ? (one > other ? one : other) : (one ?? other);
}
