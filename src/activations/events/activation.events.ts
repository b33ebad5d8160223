import { IntegrationEvent } from '../../shared/messaging/integration-event.js';
import type { Actor } from '../../shared/access/actor.js';
import { maxActivationsOf, type License } from '../../licensing/index.js';
import { ACTIVATION_CHANGED } from '../activation-as-of.js';
import type { Activation, CountedFields } from '../activation.entity.js';
import type { EndedLease } from '../ended-leases.js';
import type { SeatShortage } from '../seat-shortage.js';
import type { JsonObject } from '../../shared/json.js';
import { reasonCode, reasonText, type RecordedReason } from '../../shared/messaging/recorded-reason.js';

/** Seats of a license after the event. */
export interface SeatTotals {
  readonly inUse: number;
  readonly max: number | null;
}

function activationResource({ activationId, licenseId }: Pick<Activation, 'activationId' | 'licenseId'>) {
  return { resourceType: 'activation', resourceId: activationId, licenseId };
}

function seatFields(
  { activationType, units }: Pick<Activation, 'activationType' | 'units'>,
  { inUse, max }: SeatTotals,
): JsonObject {
  return { activation_type: activationType, units, current_activations: inUse, max_activations: max };
}

export class LicenseActivatedEvent extends IntegrationEvent {
  readonly type = 'license.activated';

  constructor(actor: Actor, now: Date, activation: Activation, seats: SeatTotals, reason?: RecordedReason) {
    super(
      actor,
      now,
      activationResource(activation),
      {
        ...seatFields(activation, seats),
        ...reasonCode(reason),
        before: { status: null },
        after: { status: activation.status },
      },
      {
        fingerprint: activation.fingerprint,
        user_id: activation.userId,
        name: activation.deviceName,
        hostname: activation.hostname,
        ip_address: activation.ipAddress,
        ...reasonText(reason),
      },
    );
  }
}

/** Cause of a deactivation: a request, eviction in favor of another device, a replacement by its user, or a block. */
export type DeactivationCause = 'REQUESTED' | 'EVICTED' | 'REPLACED' | 'BLOCKED';

export class LicenseDeactivatedEvent extends IntegrationEvent {
  readonly type = 'license.deactivated';

  constructor(
    actor: Actor,
    now: Date,
    activation: Activation,
    seats: SeatTotals,
    cause: DeactivationCause,
    reason?: RecordedReason,
  ) {
    super(
      actor,
      now,
      activationResource(activation),
      {
        ...seatFields(activation, seats),
        cause,
        ...reasonCode(reason),
        before: { status: 'ACTIVE' },
        after: { status: activation.status },
      },
      { fingerprint: activation.fingerprint, user_id: activation.userId, ...reasonText(reason) },
    );
  }
}

/** Returns the data of a `LeaseExpiredEvent`; `inUse` are the seats in use after the end of the lease. */
export function leaseExpiredData(
  license: Pick<License, 'licenseType' | 'licenseModel' | 'maxActivations'>,
  lease: EndedLease,
  inUse: number,
): JsonObject {
  return {
    ...seatFields(lease, { inUse, max: maxActivationsOf(license) }),
    due_at: lease.endedAt.toISOString(),
    before: { status: 'ACTIVE' },
    after: { status: 'EXPIRED' },
  };
}

/**
 * The lease of a device has ended by its time: without a heartbeat, or with the license file that held the seat. `due_at` is the end of the
 * lease; the time of the event is when it was recorded.
 */
export class LeaseExpiredEvent extends IntegrationEvent {
  readonly type = 'license.lease_expired';

  constructor(actor: Actor, now: Date, license: License, lease: EndedLease, inUse: number) {
    super(
      actor,
      now,
      { ...activationResource(lease), partnerId: license.partnerId },
      leaseExpiredData(license, lease, inUse),
      { fingerprint: lease.fingerprint, user_id: lease.userId },
    );
  }
}

/** The user or the units of an activation changed, and with them the seats in use. */
export class ActivationChangedEvent extends IntegrationEvent {
  readonly type = ACTIVATION_CHANGED;

  constructor(
    actor: Actor,
    now: Date,
    activation: Activation,
    before: CountedFields,
    seats: SeatTotals,
    reason?: RecordedReason,
  ) {
    const { fingerprint, units, userId } = activation;
    super(
      actor,
      now,
      activationResource(activation),
      {
        ...seatFields(activation, seats),
        ...reasonCode(reason),
        before: { units: before.units },
        after: { units },
      },
      { fingerprint, before: { user_id: before.userId }, after: { user_id: userId }, ...reasonText(reason) },
    );
  }
}

/** Numbers of a reset: devices that lost their seat and that kept it, and the seats in use before and after. */
interface ResetTotals {
  readonly ended: number;
  readonly held: number;
  readonly before: number;
  readonly after: number;
}

/** All activations of a license that no license file holds have ended. Stands for the event of each. */
export class ActivationsResetEvent extends IntegrationEvent {
  readonly type = 'license.activations_reset';

  constructor(
    actor: Actor,
    now: Date,
    license: License,
    { ended, held, before, after }: ResetTotals,
    reason?: RecordedReason,
  ) {
    super(
      actor,
      now,
      license.eventResource,
      {
        count: ended,
        held,
        current_activations: after,
        max_activations: maxActivationsOf(license),
        ...reasonCode(reason),
        before: { current_activations: before },
        after: { current_activations: after },
      },
      reasonText(reason),
    );
  }
}

/** Why a device was refused, by the code of the reports; `seats` if none was free. */
export interface Refusal {
  readonly code: string;
  readonly seats?: SeatShortage | undefined;
}

export class ActivationRefusedEvent extends IntegrationEvent {
  readonly type = 'license.activation_refused';

  constructor(
    actor: Actor,
    now: Date,
    readonly licenseId: string,
    readonly fingerprint: string,
    { code, seats }: Refusal,
  ) {
    super(
      actor,
      now,
      { resourceType: 'license', resourceId: licenseId, licenseId },
      {
        code,
        ...(seats && { current_activations: seats.inUse, max_activations: seats.max, seat_limit: seats.limit }),
      },
      { fingerprint },
    );
  }
}
