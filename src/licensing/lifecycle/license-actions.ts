import { Injectable } from '@nestjs/common';
import { Clock } from '../../shared/time/clock.js';
import { DatabaseClock } from '../../shared/time/database-clock.js';
import type { IntegrationEvent } from '../../shared/messaging/integration-event.js';
import type { Transaction } from '../../shared/persistence/transaction.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { type AllowingPool, PoolAllowance } from '../issuing/pool-allowance.js';
import type { LicenseCommand } from './commands/license.command.js';
import type { License } from '../license.entity.js';
import { LicenseNotFoundError } from '../license.errors.js';
import { assertActionsAllowed } from '../partner-allowance.js';
import { SeatCounter } from '../seat-counter.js';
import { LicenseRepository } from '../license.repository.js';
import { applyDueMilestones } from './apply-due-milestones.js';
import { type LicenseResponse, toLicenseResponse } from '../license.response.js';

/**
 * Changes a license and returns the events; undefined if nothing changed. `extend` adds members to the response. `pool` is that of the license,
 * if the actor is its partner.
 */
type ActionEffect = (
  license: License,
  now: Date,
  extend: (more: object) => void,
  pool: AllowingPool | undefined,
) => Events | Promise<Events>;
type Events = IntegrationEvent | readonly IntegrationEvent[] | undefined;

/** Runs actions on existing licenses: one at a time per license, under its row lock, with its event. */
@Injectable()
export class LicenseActions {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly licenses: LicenseRepository,
    private readonly seatCounter: SeatCounter,
    private readonly pools: PoolAllowance,
    private readonly clock: Clock,
    private readonly databaseClock: DatabaseClock,
  ) {}

  /** Throws LicenseNotFoundError, PreconditionFailedError and the errors of `effect`. */
  run(command: LicenseCommand, effect: ActionEffect): Promise<LicenseResponse> {
    const { actor, licenseId, options } = command;
    return this.unitOfWork.perform(command, async (transaction) => {
      const license = await this.licenses.findForUpdate(actor.tenantId, licenseId);
      if (!license) throw new LicenseNotFoundError(licenseId);
      const pool = actor.partnerId === undefined ? undefined : await this.allowingPool(transaction, command, license);
      license.assertVersion(options.ifMatch);
      // The time is read under the lock, so that a later action has a later time.
      const now = this.clock.now();
      // Due milestones come first, so that the event log contains an expiry before the renewal that ended it.
      const dueEvents = applyDueMilestones(license, this.databaseClock.settled(now));
      let more: object = {};
      const { poolId } = license;
      const caused = await effect(license, now, (added) => (more = { ...more, ...added }), pool);
      if (license.poolId !== poolId) this.pools.recordIssued(transaction, [license]);
      const events = [...dueEvents, ...(caused === undefined ? [] : [caused].flat())];
      for (const each of events) transaction.record(each);
      if (events.length > 0) {
        if (license.poolId !== null) await this.pools.settle(transaction, [license], now);
        await this.licenses.update(license);
      }
      return Object.assign(toLicenseResponse(await this.seatCounter.countSeats(license, now), now), more);
    });
  }

  /** Returns the pool of a license, which allows a partner to do this. Throws NotAllowedByPoolError; without a pool nothing is allowed. */
  private async allowingPool(transaction: Transaction, { partnerActions }: LicenseCommand, { poolId }: License) {
    const pool = poolId === null ? undefined : await this.pools.findAllowance(transaction, poolId);
    assertActionsAllowed(partnerActions, pool);
    return pool;
  }
}
