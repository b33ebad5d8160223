import { ConflictException, NotFoundException } from '@nestjs/common';
import type { NextAction } from '../shared/http/next-action.js';
import { describeRelease, describeSeatsInUse, nextActionOf, type SeatShortage } from './seat-shortage.js';
import type { JsonObject } from '../shared/json.js';

/** No seat is free. Contains the seats in use, the limits and the shortest way to a free seat. */
export class ActivationLimitReachedError extends ConflictException {
  readonly extension: JsonObject;

  constructor(readonly seats: SeatShortage) {
    super(`Not enough free seats: ${describeSeatsInUse(seats)} ${describeRelease(seats)}`, {
      errorCode: 'ACTIVATION_LIMIT_REACHED',
    });
    this.extension = { current_activations: seats.inUse, max_activations: seats.max, seat_limit: seats.limit };
  }

  get deactivateCount(): number | undefined {
    return this.seats.deactivateCount;
  }

  get heldUntil(): Date | undefined {
    return this.seats.heldUntil;
  }

  get nextAction(): NextAction | undefined {
    return nextActionOf(this.seats);
  }
}

export class ActivationNotFoundError extends NotFoundException {
  constructor(readonly nextAction?: NextAction) {
    super('The license was not activated on this device.', { errorCode: 'ACTIVATION_NOT_FOUND' });
  }
}

/** The device has a license file, which works offline, so its seat cannot be freed before the file expires. */
export class SeatLentError extends ConflictException {
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

/** The device was deactivated, by request or because another device took its seat. */
export class DeviceNotActivatedError extends ConflictException {
  constructor() {
    super('The device was deactivated. Activate it to use the license again.', { errorCode: 'NOT_ACTIVATED' });
  }
}
