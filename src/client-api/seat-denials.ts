import { Injectable } from '@nestjs/common';
import { ActivationRefusals } from '../activations/index.js';
import { Clock } from '../shared/time/clock.js';
import type { LicenseKeyCaller } from '../validation/index.js';
import { LicenseKeyReplacedError } from './client.errors.js';

/** Records that a program gets no seat, before its request reaches the seats. */
@Injectable()
export class SeatDenials {
  constructor(
    private readonly refusals: ActivationRefusals,
    private readonly clock: Clock,
  ) {}

  /** Throws the errors of the check, once they are recorded. A replaced key may be that of a former owner, whose devices are not recorded. */
  async assertAllowed(
    caller: LicenseKeyCaller,
    fingerprint: string | undefined,
    check: (now: Date) => void,
  ): Promise<void> {
    const now = this.clock.now();
    try {
      check(now);
    } catch (error) {
      const device = error instanceof LicenseKeyReplacedError ? undefined : fingerprint;
      throw await this.refusals.report(caller.actor, caller.licenseId, device, error, now);
    }
  }
}
