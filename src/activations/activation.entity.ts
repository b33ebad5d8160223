import { Column, Entity, PrimaryColumn } from 'typeorm';
import { newId } from '../shared/random.js';
import type { DeviceInput } from './activation.requests.js';
import { SeatLentError } from './activation.errors.js';
import type { JsonObject } from '../shared/json.js';
import type { ActivationStatus, ActivationType } from './activation-status.js';

/** What an activation is made with besides what the device says of itself. */
export interface SeatGrant {
  readonly tenantId: string;
  readonly licenseId: string;
  readonly now: Date;
  /** Where the request came from. */
  readonly ipAddress: string | null;
  /** When the seat is free again by itself; null never. */
  readonly leaseExpiresAt: Date | null;
  /** See DatabaseClock. */
  readonly toleranceMs: number;
  /** Until when a license file for the device is good; null when none is made. */
  readonly lentUntil: Date | null;
}

/** What of an activation is counted, where users or units are. */
export type CountedFields = Readonly<Pick<Activation, 'userId' | 'units'>>;

/** One device that uses a license. A device that ended and comes again is another activation. */
@Entity('license_activations')
export class Activation {
  @PrimaryColumn('text', { name: 'tenant_id' })
  tenantId!: string;

  @PrimaryColumn('uuid', { name: 'activation_id' })
  activationId!: string;

  @Column('uuid', { name: 'license_id' })
  licenseId!: string;

  /** What the vendor's program knows the device by. */
  @Column('text')
  fingerprint!: string;

  /** Whose seat it is, where users are counted. */
  @Column('text', { name: 'user_id', nullable: true })
  userId!: string | null;

  /** Processors or cores, where those are counted. */
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

  /** Of the vendor's program. */
  @Column('text', { name: 'app_version', nullable: true })
  appVersion!: string | null;

  @Column('text', { name: 'ip_address', nullable: true })
  ipAddress!: string | null;

  @Column('jsonb')
  metadata!: JsonObject;

  @Column('timestamptz', { name: 'first_seen_at' })
  firstSeenAt!: Date;

  /** May lag by what was seen in the last seconds and is not written yet. */
  @Column('timestamptz', { name: 'last_seen_at' })
  lastSeenAt!: Date;

  @Column('timestamptz', { name: 'lease_expires_at', nullable: true })
  leaseExpiresAt!: Date | null;

  /** A license file is out until then: before that the seat is not free, whatever is asked. Null where there is none. */
  @Column('timestamptz', { name: 'lent_until', nullable: true })
  lentUntil!: Date | null;

  /** Null while it is active. */
  @Column('timestamptz', { name: 'ended_at', nullable: true })
  endedAt!: Date | null;

  @Column({ type: 'timestamptz', name: 'created_at', update: false })
  createdAt!: Date;

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

  /** The device is there again. What it says of itself replaces what it said before. */
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
    const latest = leaseExpiresAt && new Date(leaseExpiresAt.getTime() + toleranceMs);
    const kept = latest && this.leaseExpiresAt && this.leaseExpiresAt <= latest ? this.leaseExpiresAt : null;
    this.lentUntil = laterOf(this.lentUntil, lentUntil);
    this.leaseExpiresAt = leaseExpiresAt && laterOf(laterOf(leaseExpiresAt, kept), this.lentUntil);
  }

  /** Its seat is free. Harmless when it was before. Throws SeatLentError while a license file for it is out. */
  end(now: Date): boolean {
    if (this.status !== 'ACTIVE') return false;
    if (this.lentUntil && this.lentUntil > now) throw new SeatLentError(this.lentUntil);
    this.status = 'DEACTIVATED';
    this.endedAt = now;
    return true;
  }

  /** A lease ends by the clock, whether or not anybody wrote it down. */
  statusAt(now: Date): ActivationStatus {
    const over = this.leaseExpiresAt !== null && this.leaseExpiresAt <= now;
    return this.status === 'ACTIVE' && over ? 'EXPIRED' : this.status;
  }
}

/** Of two times the later one; null is none. */
function laterOf(one: Date | null, other: Date | null): Date | null {
  return one && other ? (one > other ? one : other) : (one ?? other);
}
