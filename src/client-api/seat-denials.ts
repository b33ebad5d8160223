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

  /** Throws the error, once it is recorded. A replaced key may be that of a former owner, whose devices are not recorded. */
  async refuse(
    { actor, licenseId }: LicenseKeyCaller,
    fingerprint: string | undefined,
    error: unknown,
  ): Promise<never> {
    const device = error instanceof LicenseKeyReplacedError ? undefined : fingerprint;
    throw await this.refusals.report(actor, licenseId, device, error, this.clock.now());
  }
}
