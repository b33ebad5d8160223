import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { activationAsOf, countedFieldsAsOf } from '../activation-as-of.js';
import { ActivationRepository } from '../activation.repository.js';
import { BlockedDeviceRepository } from '../blocking/blocked-device.repository.js';
import { FindSeatsAsOfQuery } from './find-seats-as-of.query.js';

@QueryHandler(FindSeatsAsOfQuery)
export class FindSeatsAsOfHandler implements IQueryHandler<FindSeatsAsOfQuery> {
  constructor(
    private readonly activations: ActivationRepository,
    private readonly blockedDevices: BlockedDeviceRepository,
  ) {}

  async execute({ actor: { tenantId }, licenseId, fingerprint, instant, changes }: FindSeatsAsOfQuery) {
    const counted = countedFieldsAsOf(changes, instant);
    const [counts, activation, isBlocked] = await Promise.all([
      this.activations.countSeatsAsOf(tenantId, licenseId, counted, instant),
      fingerprint === undefined
        ? undefined
        : this.activations.findDeviceAsOf(tenantId, licenseId, fingerprint, instant),
      fingerprint !== undefined && this.blockedDevices.wasBlocked(tenantId, licenseId, fingerprint, instant),
    ]);
    return {
      counts,
      isBlocked,
      device: activation && activationAsOf(activation, counted.get(activation.activationId), instant),
    };
  }
}
