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
   * limit forbids its deactivation. Where the limit forbids it, the refusal names no deactivation as the way.
   */
  async addTo(refusal: ActivationLimitReachedError, { subject }: Actor, fingerprint: string, now: Date) {
    const { refused } = refusal;
    // Inside a unit of work the refusal is completed where that unit of work has ended.
    if (subject.type !== 'license_key' || this.unitOfWork.isOpen) return refusal;
    const { license, missing, lastActivationId, hasSeat } = refused;
    const { tenantId, licenseId } = license;
    const mayReplace = license.selfServiceReplacement && !hasSeat;
    if (!mayReplace && !license.deactivationsPerPeriod) return refusal;
    const [deactivationsUntil, devices] = await this.unitOfWork.read(tenantId, (transaction) =>
      Promise.all([
        this.deactivations.forbiddenUntil(transaction, license, now),
        mayReplace
          ? this.activations.listReplaceable(transaction, license, { fingerprint, missing }, now, MAX_DEVICES)
          : [],
      ]),
    );
    if (deactivationsUntil !== undefined)
      return refusal.seats.deactivateCount
        ? new ActivationLimitReachedError({ ...refusal.seats, deactivationsUntil }, refused)
        : refusal;
    if (devices.length === 0) return refusal;
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
