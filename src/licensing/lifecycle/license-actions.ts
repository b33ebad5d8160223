import { Injectable } from '@nestjs/common';
import { Clock } from '../../shared/time/clock.js';
import { DatabaseClock } from '../../shared/time/database-clock.js';
import type { IntegrationEvent } from '../../shared/messaging/integration-event.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import type { LicenseCommand } from './commands/license.command.js';
import type { License } from '../license.entity.js';
import { LicenseNotFoundError } from '../license.errors.js';
import { LicenseSeats } from '../license-lock.js';
import { LicenseRepository } from '../license.repository.js';
import { applyDueMilestones } from './apply-due-milestones.js';
import { type LicenseResponse, toLicenseResponse } from '../license.response.js';

/** Changes one license, and says what happened, undefined when nothing did; what `tell` is given stands in the answer too. */
type ActionEffect = (
  license: License,
  now: Date,
  tell: (more: Partial<LicenseResponse>) => void,
) => IntegrationEvent | undefined | Promise<IntegrationEvent | undefined>;

/** How everything is done to a license that is there: one at a time, under a lock on its row, with its event. */
@Injectable()
export class LicenseActions {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly licenses: LicenseRepository,
    private readonly seats: LicenseSeats,
    private readonly clock: Clock,
    private readonly databaseClock: DatabaseClock,
  ) {}

  /** Throws LicenseNotFoundError, PreconditionFailedError, and what `act` throws. */
  run(command: LicenseCommand, act: ActionEffect): Promise<LicenseResponse> {
    const { actor, licenseId, options } = command;
    return this.unitOfWork.perform(command, async (transaction) => {
      const license = await this.licenses.findForUpdate(actor.tenantId, licenseId);
      if (!license) throw new LicenseNotFoundError(licenseId);
      license.assertVersion(options.ifMatch);
      // Read under the lock, so that what is done later is done at a later time.
      const now = this.clock.now();
      // What time did first: the log tells of an expiry before the renewal that ended it.
      const passed = applyDueMilestones(license, this.databaseClock.settled(now));
      let more: Partial<LicenseResponse> = {};
      const event = await act(license, now, (told) => (more = told));
      const events = event ? [...passed, event] : passed;
      for (const each of events) transaction.record(each);
      if (events.length > 0) await this.licenses.update(license);
      return Object.assign(toLicenseResponse(await this.seats.countSeats(license, now), now), more);
    });
  }
}
