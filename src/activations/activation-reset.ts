import { Injectable } from '@nestjs/common';
import { DeviceReset, LicenseLock } from '../licensing/index.js';
import type { Actor } from '../shared/access/actor.js';
import { UnitOfWork } from '../shared/persistence/unit-of-work.js';
import { ActivationRepository } from './activation.repository.js';
import { ActivationsResetEvent } from './events/activation.events.js';
import { NO_DEVICE, SeatAllocator } from './seat-allocator.js';
import { seatsInUse } from './seats.js';
import type { RecordedReason } from '../shared/messaging/recorded-reason.js';

@Injectable()
export class ActivationReset extends DeviceReset {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly allocator: SeatAllocator,
    private readonly licenseLock: LicenseLock,
    private readonly activations: ActivationRepository,
  ) {
    super();
  }

  reset(actor: Actor, licenseId: string, reason: RecordedReason | undefined) {
    return this.unitOfWork.run(actor.tenantId, async (transaction) => {
      const { license, now, others } = await this.allocator.lock(transaction, licenseId, NO_DEVICE);
      const { ended, held, heldUntil } = await this.activations.endAll(transaction, licenseId, now);
      const left = ended > 0 ? await this.activations.countOthers(transaction, licenseId, NO_DEVICE) : others;
      const [before, after] = [seatsInUse(license, others), seatsInUse(license, left)];
      this.licenseLock.setSeatsInUse(transaction, license, after);
      const totals = { ended, held, before, after };
      return {
        devices: { deactivated: ended, held, held_until: heldUntil?.toISOString() ?? null },
        seatsInUse: after,
        event: ended > 0 ? new ActivationsResetEvent(actor, now, license, totals, reason) : undefined,
      };
    });
  }
}
