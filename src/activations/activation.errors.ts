import { ConflictException, NotFoundException } from '@nestjs/common';
import type { Denial } from '../shared/errors.js';
import type { NextAction, NextFacts } from '../shared/http/next-action.js';
import {
  describeDeactivations,
  describeRelease,
  describeSeatsInUse,
  nextFactsOf,
  type SeatShortage,
} from './seat-shortage.js';
import type { License } from '../licensing/index.js';
import type { JsonObject } from '../shared/json.js';
import type { DeactivationLimit } from '../templates/index.js';

/** Request of a device that has no seat, as it was refused under the lock of the license. */
export interface RefusedSeat {
  readonly license: License;
  /** Seats that the device lacks, by those that are stored. */
  readonly missing: number;
  /** Latest activation of the device, which has ended; null: it was never activated. */
  readonly lastActivationId: string | null;
  /** Whether the device has a seat, and wants more. It replaces no other device. */
  readonly hasSeat: boolean;
}

/** Devices that a refused program may replace, as members of the refusal. */
export type ReplacementOffer = JsonObject & {
  readonly devices: JsonObject[];
  readonly replacement_token: string;
  readonly replacement_expires_at: string;
};

/** No seat is free. Contains the seats in use, the limits and the shortest way to a free seat. */
export class ActivationLimitReachedError extends ConflictException implements NextFacts, Denial {
  readonly denialCode = 'ACTIVATION_LIMIT_REACHED';
  readonly extension: JsonObject;
  readonly nextAction: NextFacts['nextAction'];
  readonly deactivateCount: NextFacts['deactivateCount'];
  readonly heldUntil: NextFacts['heldUntil'];
  readonly retryAt: NextFacts['retryAt'];

  constructor(
    readonly seats: SeatShortage,
    readonly refused: RefusedSeat,
    offer?: ReplacementOffer,
  ) {
    const way = offer
      ? 'Choose one of `devices` to replace.'
      : describeRelease(seats, refused.license.deactivationsPerPeriod);
    super(`Not enough free seats: ${describeSeatsInUse(seats)} ${way}`, {
      errorCode: 'ACTIVATION_LIMIT_REACHED',
    });
    this.extension = {
      current_activations: seats.inUse,
      max_activations: seats.max,
      seat_limit: seats.limit,
      ...(seats.deactivationsUntil && { resets_at: seats.deactivationsUntil.toISOString() }),
      ...offer,
    };
    const facts: NextFacts = offer ? { nextAction: 'replace_device' } : nextFactsOf(seats);
    this.nextAction = facts.nextAction;
    this.deactivateCount = facts.deactivateCount;
    this.heldUntil = facts.heldUntil;
    this.retryAt = facts.retryAt;
  }
}

export class ActivationNotFoundError extends NotFoundException {
  constructor(readonly nextAction?: NextAction) {
    super('The license was not activated on this device.', { errorCode: 'ACTIVATION_NOT_FOUND' });
  }
}

/** The device has a license file, which works offline, so its seat cannot be freed before the file expires. */
export class SeatLentError extends ConflictException implements Denial {
  readonly denialCode = 'SEAT_LENT';

  constructor(readonly heldUntil: Date) {
    super(`The seat is held by a license file until ${heldUntil.toISOString()}.`, { errorCode: 'SEAT_LENT' });
  }
}

/** No heartbeat of the device arrived in time. */
export class HeartbeatExpiredError extends ConflictException {
  constructor() {
    super('The seat of this device has expired. Activate the device again.', { errorCode: 'HEARTBEAT_EXPIRED' });
  }
}

/** Programs have deactivated as many devices in this period as the template allows. */
export class DeactivationLimitReachedError extends ConflictException implements Denial {
  readonly denialCode = 'DEACTIVATION_LIMIT_REACHED';
  readonly extension: JsonObject;
  /** End of the period; undefined: no period allows a deactivation. */
  readonly retryAt: Date | undefined;

  constructor(deactivationsPerPeriod: DeactivationLimit, periodEnds: Date) {
    const { limit, period } = deactivationsPerPeriod;
    const resetsAt = limit === 0 ? undefined : periodEnds;
    super(describeDeactivations(deactivationsPerPeriod, resetsAt), { errorCode: 'DEACTIVATION_LIMIT_REACHED' });
    this.retryAt = resetsAt;
    this.extension = {
      deactivations_per_period: { limit, period },
      ...(resetsAt && { resets_at: resetsAt.toISOString() }),
    };
  }

  get nextAction(): NextAction | undefined {
    return this.retryAt ? undefined : 'contact_vendor';
  }
}

/** The device was deactivated, by request or because another device took its seat. */
export class DeviceNotActivatedError extends ConflictException {
  constructor() {
    super('The device was deactivated. Activate it to use the license again.', { errorCode: 'NOT_ACTIVATED' });
  }
}
