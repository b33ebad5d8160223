import { Injectable } from '@nestjs/common';
import {
  LicenseNotFoundError,
  LicenseSeats,
  leaseEnd,
  maxActivationsOf,
  seatLimit,
  seatsInUse,
  seatMetric,
  type License,
  type RecordedReason,
} from '../licensing/index.js';
import { Clock } from '../shared/time/clock.js';
import { DatabaseClock } from '../shared/time/database-clock.js';
import type { IntegrationEvent } from '../shared/messaging/integration-event.js';
import type { Transaction } from '../shared/persistence/transaction.js';
import { UnitOfWork } from '../shared/persistence/unit-of-work.js';
import { InvalidFieldError } from '../shared/errors.js';
import type { Actor } from '../shared/access/actor.js';
import { rowKeyString } from '../shared/persistence/tenant-scoped.repository.js';
import { KeyedMutex } from '../shared/async/keyed-mutex.js';
import type { Activation } from './activation.entity.js';
import { ActivationLimitReachedError } from './activation.errors.js';
import { ActivationRepository } from './activation.repository.js';
import { changesAllowed, ClientEventLimit } from './client-event-limit.js';
import { LicenseDeactivatedEvent } from './events/activation.events.js';
import { decideSeat, type OtherActivations, type SeatRequest, seatsRequired } from './seat-decision.js';

/** Each device has a name. */
const NO_DEVICE: SeatRequest = { fingerprint: '' };

/** A license under its lock, the device that is asked about, and what is active besides it. */
export interface LockedLicense {
  /** When that was: what is done later is done at a later time. */
  readonly now: Date;
  /** See DatabaseClock. */
  readonly toleranceMs: number;
  readonly license: License;
  /** The latest activation of the device, which may have ended. */
  readonly device: Activation | undefined;
  readonly others: OtherActivations;
}

/** The one place where seats are counted and change hands: under the lock of the license. */
@Injectable()
export class SeatAllocator {
  private readonly turns = new KeyedMutex();
  /** Licenses whose turn it is, and whether leases of them were ended or cut in it. */
  private readonly changed = new Map<string, boolean>();

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly seats: LicenseSeats,
    private readonly activations: ActivationRepository,
    private readonly limit: ClientEventLimit,
    private readonly clock: Clock,
    private readonly databaseClock: DatabaseClock,
  ) {}

  /** Whoever is inside a unit of work may hold the lock already, and must not wait for its turn. */
  serialize<T>(actor: Actor, licenseId: string, work: () => Promise<T>): Promise<T> {
    if (this.unitOfWork.isOpen) return work();
    return this.limit.watch(actor, licenseId, () => this.takeTurn(actor, licenseId, work));
  }

  private takeTurn<T>({ tenantId }: Actor, licenseId: string, work: () => Promise<T>): Promise<T> {
    const name = rowKeyString(tenantId, licenseId);
    return this.turns.run(name, async () => {
      this.changed.set(name, false);
      try {
        return await work();
      } catch (error) {
        // The refused activation is rolled back. Leases that were cut must not be, or each refusal would find them as long as before.
        if (this.changed.get(name)) await this.endLeases(tenantId, licenseId).catch(() => undefined);
        throw error;
      } finally {
        this.changed.delete(name);
      }
    });
  }

  private endLeases(tenantId: string, licenseId: string): Promise<unknown> {
    return this.unitOfWork.run(tenantId, async (transaction) => {
      const { license, others } = await this.lock(transaction, licenseId, NO_DEVICE);
      this.seats.setSeatsInUse(transaction, license, seatsInUse(license, others));
    });
  }

  /** Throws LicenseNotFoundError. */
  async lock(transaction: Transaction, licenseId: string, device: SeatRequest): Promise<LockedLicense> {
    const { tenantId } = transaction;
    const license = await this.seats.acquire(tenantId, licenseId);
    if (!license) throw new LicenseNotFoundError(licenseId);
    const now = this.clock.now();
    const { toleranceMs } = this.databaseClock;
    const endedBy = this.databaseClock.settled(now);
    const [changed, found, others] = await Promise.all([
      this.activations.expireLeases(transaction, licenseId, endedBy, leaseEnd(license, endedBy), toleranceMs),
      this.activations.lockDevice(transaction, licenseId, device.fingerprint),
      this.activations.countOthers(transaction, licenseId, device),
    ]);
    const name = rowKeyString(tenantId, licenseId);
    if (changed.length > 0 && this.changed.has(name)) this.changed.set(name, true);
    return { now, toleranceMs, license, device: found, others };
  }

  /**
   * Makes sure of a seat for the device, and writes down how many are in use with it. `known` is its activation, if it has
   * one that is active. Throws InvalidFieldError, ActivationLimitReachedError.
   */
  async takeSeat(transaction: Transaction, actor: Actor, locked: LockedLicense, device: SeatRequest) {
    const { license, now } = locked;
    const known = locked.device?.status === 'ACTIVE' ? locked.device : undefined;
    const user = device.user_id ?? known?.userId ?? undefined;
    const countsUsers = seatMetric(license) === 'users';
    if (countsUsers && user === undefined)
      throw new InvalidFieldError('/user_id', 'is required: this license counts users');
    let others = locked.others;
    const units = device.units ?? known?.units ?? 1;
    // Another user on the device is another seat.
    const keeps = known && (!countsUsers || known.userId === null || known.userId === user);
    const has = keeps ? seatsRequired(license, known, others) : 0;
    // A refusal takes evictions back, so it reports the seats that were in use before them.
    let before: number | undefined;
    for (;;) {
      const wants = seatsRequired(license, { units }, others);
      const inUse = seatsInUse(license, others);
      const decision = decideSeat(license, others, wants, has);
      if (decision === 'GRANT') {
        this.seats.setSeatsInUse(transaction, license, inUse + wants);
        return { known, inUse: inUse + wants };
      }
      const countAll = known ? await this.countAll(transaction, license) : inUse;
      before ??= countAll;
      const left =
        decision === 'EVICT' && (await this.evict(transaction, actor, license, { ...device, user_id: user }, now));
      if (!left) {
        this.seats.setSeatsInUse(transaction, license, countAll);
        const limit = seatLimit(license) ?? 0;
        const { fingerprint } = device;
        const missing = inUse + wants - limit;
        const release = await this.activations.release(transaction, license, fingerprint, missing, now);
        const max = maxActivationsOf(license) ?? limit;
        throw new ActivationLimitReachedError({ inUse: before, max, limit, ...release });
      }
      others = left;
    }
  }

  /** Records a change of the seats of a license. Throws ClientEventLimitError when the unit of work ends. */
  record(transaction: Transaction, actor: Actor, license: License, event: IntegrationEvent): void {
    this.limit.record(transaction, actor, event, changesAllowed(license));
  }

  /** What is in use, with every device. */
  private async countAll(transaction: Transaction, license: License): Promise<number> {
    return seatsInUse(license, await this.activations.countOthers(transaction, license.licenseId, NO_DEVICE));
  }

  /** The seat of whoever was seen longest ago is free. Returns what is left besides the device, if a seat could be freed. */
  private async evict(transaction: Transaction, actor: Actor, license: License, device: SeatRequest, now: Date) {
    const { licenseId } = license;
    const max = maxActivationsOf(license);
    const by = seatMetric(license) === 'users' ? 'user' : 'device';
    const ended = await this.activations.evictOldest(transaction, licenseId, device.fingerprint, by, now);
    if (ended.length === 0) return undefined;
    const others = await this.activations.countOthers(transaction, licenseId, device);
    const seats = { inUse: seatsInUse(license, others), max };
    for (const activation of ended)
      this.record(transaction, actor, license, new LicenseDeactivatedEvent(actor, now, activation, seats, 'EVICTED'));
    return others;
  }

  /** Ends an activation, if it has not ended, and writes down what is in use without it. */
  async freeSeat(
    transaction: Transaction,
    actor: Actor,
    { now, license, device, others }: LockedLicense,
    reason: RecordedReason | undefined,
  ) {
    const inUse = seatsInUse(license, others);
    if (device?.end(now)) {
      await this.activations.update(device);
      const seats = { inUse, max: maxActivationsOf(license) };
      const ended = new LicenseDeactivatedEvent(actor, now, device, seats, 'REQUESTED', reason);
      this.record(transaction, actor, license, ended);
    }
    this.seats.setSeatsInUse(transaction, license, inUse);
  }
}
