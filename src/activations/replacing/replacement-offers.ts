import { Injectable } from '@nestjs/common';
import type { Actor } from '../../shared/access/actor.js';
import { UnitOfWork } from '../../shared/persistence/unit-of-work.js';
import { ActivationLimitReachedError } from '../activation.errors.js';
import { ActivationRepository } from '../activation.repository.js';
import { DeactivationCounter } from '../deactivation-counter.js';
import { maskedName } from './masked-name.js';
import { ReplacementTokens } from './replacement-tokens.js';

const MAX_DEVICES = 20;

/** Lets the user of a refused program choose a device that it replaces. */
@Injectable()
export class ReplacementOffers {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly activations: ActivationRepository,
    private readonly deactivations: DeactivationCounter,
    private readonly tokens: ReplacementTokens,
  ) {}

  /**
   * Returns the refusal with the devices and a token, if the license allows programs to replace devices, a single device makes room, and no
   * limit forbids its deactivation. Else returns it as it is.
   */
  async addTo(refusal: ActivationLimitReachedError, { subject }: Actor, fingerprint: string, now: Date) {
    const { refused } = refusal;
    // Inside a unit of work the refusal is completed where that unit of work has ended.
    if (subject.type !== 'license_key' || !refused || this.unitOfWork.isOpen) return refusal;
    const { license, missing, lastActivationId } = refused;
    const { tenantId, licenseId } = license;
    if (!license.selfServiceReplacement) return refusal;
    const [isAllowed, devices] = await this.unitOfWork.read(tenantId, (transaction) =>
      Promise.all([
        this.deactivations.isAllowed(transaction, license, now),
        this.activations.listReplaceable(transaction, license, { fingerprint, missing }, now, MAX_DEVICES),
      ]),
    );
    if (!isAllowed || devices.length === 0) return refusal;
    const { token, expiresAt } = this.tokens.create({ tenantId, licenseId, fingerprint, lastActivationId }, now);
    return new ActivationLimitReachedError(refusal.seats, refused, {
      replacement_token: token,
      replacement_expires_at: expiresAt.toISOString(),
      devices: devices.map(({ activationId, deviceName, hostname, lastSeenAt }) => ({
        activation_id: activationId,
        name: maskedName(deviceName ?? hostname),
        last_seen_at: lastSeenAt.toISOString(),
      })),
    });
  }
}
