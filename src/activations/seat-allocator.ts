import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { LicenseNotFoundError, LicenseLock, leaseEnd, maxActivationsOf, type License } from '../licensing/index.js';
import { operationOf, type TenantCommand } from '../shared/messaging/tenant-command.js';
import { Clock } from '../shared/time/clock.js';
import { DatabaseClock } from '../shared/time/database-clock.js';
import type { IntegrationEvent } from '../shared/messaging/integration-event.js';
import type { Transaction } from '../shared/persistence/transaction.js';
import { UnitOfWork } from '../shared/persistence/unit-of-work.js';
import { InvalidFieldError } from '../shared/errors.js';
import type { Actor } from '../shared/access/actor.js';
import { rowKeyString } from '../shared/tenant-id.js';
import { KeyedMutex } from '../shared/async/keyed-mutex.js';
import type { Activation } from './activation.entity.js';
import { ActivationLimitReachedError } from './activation.errors.js';
import { ActivationRepository } from './activation.repository.js';
import { changesAllowed, ClientEventLimit } from './client-event-limit.js';
import { BlockedDeviceRepository } from './blocking/blocked-device.repository.js';
import { DeactivationCounter } from './deactivation-counter.js';
import { LicenseDeactivatedEvent, type DeactivationCause } from './events/activation.events.js';
import { LeaseEndRecorder } from './lease-end-recorder.js';
import { decideSeat, type OtherActivations, type SeatRequest, seatsRequired } from './seat-decision.js';
import type { LockedLicense } from './locked-license.js';
import { mayNeedExpiry } from './lease-times.js';
import type { SeatChange } from './seat-change-statement.js';
import { SeatChanges } from './seat-changes.js';
import type { UnlockedOptions } from './unlocked-license.js';
import { RefusalCounts } from './refusal-counts.js';
import { isCountExact, seatLimit, seatMetric, seatsInUse } from './seats.js';
import type { RecordedReason } from '../shared/messaging/recorded-reason.js';

const MAX_LICENSES = 10_000;
/** No device has an empty fingerprint, so this counts all. */
export const NO_DEVICE: SeatRequest = { fingerprint: '' };

/** Command about a seat, of whose license its options may tell. */
type SeatCommand = TenantCommand<unknown> & { readonly options: UnlockedOptions };

/** Counts, grants and frees seats under the lock of the license, so that no seat is granted twice. */
@Injectable()
export class SeatAllocator {
  private readonly turns = new KeyedMutex();
  /** Licenses with a request in progress, and whether it ended or shortened leases. */
  private readonly changed = new Map<string, boolean>();
  /** Times of performance.now() at which requests for licenses ended, so that an outdated read is not tried in vain. */
  private readonly endedAt = new LRUCache<string, number>({ max: MAX_LICENSES });

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly licenseLock: LicenseLock,
    private readonly activations: ActivationRepository,
    private readonly blockedDevices: BlockedDeviceRepository,
    private readonly deactivations: DeactivationCounter,
    private readonly seatChanges: SeatChanges,
    private readonly leaseEnds: LeaseEndRecorder,
    private readonly limit: ClientEventLimit,
    private readonly refusalCounts: RefusalCounts,
    private readonly clock: Clock,
    private readonly databaseClock: DatabaseClock,
  ) {}

  /** Runs requests for one license one at a time. Inside a unit of work there is no turn, because its caller may hold the lock already. */
  serialize<T>(actor: Actor, licenseId: string, work: () => Promise<T>): Promise<T> {
    if (this.unitOfWork.isOpen) return work();
    const { tenantId } = actor;
    return this.limit.watch(
      actor,
      licenseId,
      () => this.takeTurn(actor, licenseId, work),
      (at) => this.refusalCounts.add({ tenantId, licenseId, code: 'RATE_LIMITED', at }),
    );
  }

  private takeTurn<T>({ tenantId }: Actor, licenseId: string, work: () => Promise<T>): Promise<T> {
    const key = rowKeyString(tenantId, licenseId);
    return this.turns.run(key, async () => {
      this.changed.set(key, false);
      try {
        return await work();
      } catch (error) {
        // The refusal rolls back ended and shortened leases, so these are corrected again, or every refusal would find them unchanged.
        if (this.changed.get(key)) await this.expireLeases(tenantId, licenseId).catch(() => undefined);
        throw error;
      } finally {
        this.changed.delete(key);
        this.endedAt.set(key, performance.now());
      }
    });
  }

  /** Stores and records leases that have ended. */
  endLeases(tenantId: string, licenseId: string): Promise<void> {
    return this.turns.run(rowKeyString(tenantId, licenseId), () => this.expireLeases(tenantId, licenseId));
  }

  private expireLeases(tenantId: string, licenseId: string): Promise<void> {
    return this.unitOfWork.run(tenantId, async (transaction) => {
      const { license, others } = await this.lock(transaction, licenseId, NO_DEVICE);
      const inUse = seatsInUse(license, others);
      if (inUse !== license.currentActivations) this.licenseLock.setSeatsInUse(transaction, license, inUse);
    });
  }

  /**
   * Returns the license as if it were locked, if its seats are only counted, so that its row tells all. `storeUnlocked` then stores nothing
   * if the row has changed, as every change of seats does, so the result is that of a lock.
   */
  assumeLocked({ options }: SeatCommand): LockedLicense | undefined {
    const { unlocked } = options;
    if (!unlocked || options.idempotencyKey !== undefined || this.unitOfWork.isOpen) return undefined;
    const { license, activation: device, isBlocked, readFrom } = unlocked;
    // The first activation changes the license itself.
    if (license.awaitedStart || !isCountExact(license)) return undefined;
    if ((this.endedAt.get(rowKeyString(license.tenantId, license.licenseId)) ?? -Infinity) >= readFrom)
      return undefined;
    const others = storedCount(license, device);
    return { now: this.clock.now(), toleranceMs: this.databaseClock.toleranceMs, license, device, others, isBlocked };
  }

  /** Stores a seat that a device takes or frees, by an `assumeLocked` license. False if it must be locked instead; see SeatChanges. */
  storeUnlocked(command: SeatCommand, license: License, seat: Pick<SeatChange, 'inUse' | 'activation' | 'event'>) {
    seat.event.metadata.operation = operationOf(command);
    seat.event.partnerId = license.partnerId;
    const allowed = ClientEventLimit.appliesTo(command.actor) ? changesAllowed(license) : null;
    return this.seatChanges.store({ license, allowed, ...seat });
  }

  /**
   * Locks the license and the device, and counts the other activations, in one round trip: each statement sees what was committed when it
   * begins, so those behind the lock are exact. A second one ends leases where some have ended, and records them. `read` is the license as it was read before:
   * where its stored count is exact, the activations are not counted, which takes long where there are many. Throws LicenseNotFoundError.
   */
  async lock(transaction: Transaction, licenseId: string, device: SeatRequest, read?: License): Promise<LockedLicense> {
    const { tenantId } = transaction;
    const trusts = (license: License | undefined) =>
      license !== undefined && isCountExact(license) && license.evictionPolicy === 'NONE';
    const [license, known, ...sums] = await Promise.all([
      this.licenseLock.acquire(tenantId, licenseId),
      this.activations.lockDevice(transaction, licenseId, device.fingerprint),
      ...(trusts(read) ? [] : [this.activations.countOthers(transaction, licenseId, device)]),
    ]);
    if (!license) throw new LicenseNotFoundError(licenseId);
    const now = this.clock.now();
    const { toleranceMs } = this.databaseClock;
    const isBlocked = await this.isBlocked(license, device);
    if (sums.length === 0 && trusts(license))
      return { now, toleranceMs, license, device: known, others: storedCount(license, known), isBlocked };
    const others = sums[0] ?? (await this.activations.countOthers(transaction, licenseId, device));
    const endedBy = this.databaseClock.settled(now);
    const limits = { endedBy, leaseEnd: leaseEnd(license, endedBy), toleranceMs };
    if (!mayNeedExpiry(others, limits) && !(known && mayNeedExpiry(known.leaseTimes, limits)))
      return { now, toleranceMs, license, device: known, others, isBlocked };
    const [changed, left, ...behind] = await Promise.all([
      this.activations.expireLeases(transaction, licenseId, limits),
      this.leaseEnds.countLeft(transaction, licenseId, license),
      this.activations.lockDevice(transaction, licenseId, device.fingerprint),
      this.activations.countOthers(transaction, licenseId, device),
    ]);
    const key = rowKeyString(tenantId, licenseId);
    if (changed.length > 0 && this.changed.has(key)) this.changed.set(key, true);
    const ended = changed.filter(({ status }) => status === 'EXPIRED');
    this.leaseEnds.record(transaction, license, ended, { left, now });
    return { now, toleranceMs, license, device: behind[0], others: behind[1], isBlocked };
  }

  /** Looks for the block of a device, where the license has any. */
  private async isBlocked({ tenantId, licenseId, blockedDevices }: License, { fingerprint }: SeatRequest) {
    if (blockedDevices === 0 || fingerprint === NO_DEVICE.fingerprint) return false;
    return (await this.blockedDevices.findBlock(tenantId, licenseId, fingerprint)) !== undefined;
  }

  /**
   * Grants a seat to the device, evicting others if allowed, and stores the seats in use. `known` is the active activation of the device,
   * if any. Throws InvalidFieldError, ActivationLimitReachedError.
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
    // A device that changes its user needs another seat.
    const keeps = known && (!countsUsers || known.userId === null || known.userId === user);
    const held = keeps ? seatsRequired(license, known, others) : 0;
    // A refusal rolls back evictions and the replacement, so it reports the seats that were in use before them.
    const stored = locked.stored ?? locked.others;
    let inUseBefore = locked.stored && seatsInUse(license, locked.stored);
    for (;;) {
      const required = seatsRequired(license, { units }, others);
      const inUse = seatsInUse(license, others);
      const decision = decideSeat(license, others, required, held);
      if (decision === 'GRANT') {
        this.licenseLock.setSeatsInUse(transaction, license, inUse + required);
        return { known, inUse: inUse + required };
      }
      const inUseWithDevice = known ? await this.countAll(transaction, license) : inUse;
      inUseBefore ??= inUseWithDevice;
      const remaining =
        decision === 'EVICT' && (await this.evict(transaction, actor, license, { ...device, user_id: user }, now));
      if (!remaining) {
        this.licenseLock.setSeatsInUse(transaction, license, inUseWithDevice);
        const limit = seatLimit(license) ?? 0;
        const { fingerprint } = device;
        const missing = inUse + required - limit;
        const release = await this.activations.release(transaction, license, fingerprint, missing, now);
        const max = maxActivationsOf(license) ?? limit;
        const shortage = { inUse: inUseBefore, max, limit, ...release };
        const refused = {
          license,
          missing: seatsInUse(license, stored) + seatsRequired(license, { units }, stored) - limit,
          lastActivationId: locked.device?.activationId ?? null,
          hasSeat: known !== undefined,
        };
        throw new ActivationLimitReachedError(shortage, refused);
      }
      others = remaining;
    }
  }

  /** Records a seat event. Throws ClientEventLimitError when the unit of work ends. */
  record(transaction: Transaction, actor: Actor, license: License, event: IntegrationEvent): void {
    event.partnerId = license.partnerId;
    this.limit.record(transaction, actor, event, changesAllowed(license));
  }

  /** Returns the seats in use by all devices. */
  private async countAll(transaction: Transaction, license: License): Promise<number> {
    return seatsInUse(license, await this.activations.countOthers(transaction, license.licenseId, NO_DEVICE));
  }

  /** Evicts the device or user seen longest ago. Returns the other activations that remain; undefined if no seat could be freed. */
  private async evict(transaction: Transaction, actor: Actor, license: License, device: SeatRequest, now: Date) {
    const { licenseId } = license;
    const max = maxActivationsOf(license);
    const evictBy = seatMetric(license) === 'users' ? 'user' : 'device';
    const ended = await this.activations.evictOldest(transaction, licenseId, device.fingerprint, evictBy, now);
    if (ended.length === 0) return undefined;
    const others = await this.activations.countOthers(transaction, licenseId, device);
    const seats = { inUse: seatsInUse(license, others), max };
    for (const activation of ended)
      this.record(transaction, actor, license, new LicenseDeactivatedEvent(actor, now, activation, seats, 'EVICTED'));
    return others;
  }

  /** Ends an activation, unless it has ended, and stores the seats in use without it. Throws SeatLentError, unless the device is blocked. */
  freeSeat(
    transaction: Transaction,
    actor: Actor,
    { now, license, device, others }: LockedLicense,
    cause: DeactivationCause,
    reason: RecordedReason | undefined,
  ): void {
    const inUse = seatsInUse(license, others);
    if (device && (cause === 'BLOCKED' ? device.block(now) : device.end(now))) {
      this.activations.put(transaction, device);
      if (cause === 'REQUESTED') this.deactivations.count(transaction, actor, license, now);
      const seats = { inUse, max: maxActivationsOf(license) };
      const ended = new LicenseDeactivatedEvent(actor, now, device, seats, cause, reason);
      this.record(transaction, actor, license, ended);
    }
    this.licenseLock.setSeatsInUse(transaction, license, inUse);
  }
}

/** Returns the activations besides that of the device, by the stored count of a license whose count is exact. */
function storedCount({ currentActivations }: License, device: Activation | undefined): OtherActivations {
  const seats = currentActivations - (device?.status === 'ACTIVE' ? 1 : 0);
  return { activations: seats, units: seats, users: seats, sameUser: false };
}
