import { ConflictException, NotFoundException } from '@nestjs/common';
import type { JsonObject } from '../shared/events/integration-event.js';

/** No seat is free. Carries how many are in use, and how many there are. */
export class ActivationLimitReachedError extends ConflictException {
  readonly extension: JsonObject;

  constructor(readonly seats: { readonly inUse: number; readonly max: number }) {
    super(`Of ${seats.max} seats ${seats.inUse} are in use. Deactivate a device first.`, {
      errorCode: 'ACTIVATION_LIMIT_REACHED',
    });
    this.extension = { current_activations: seats.inUse, max_activations: seats.max };
  }
}

export class ActivationNotFoundError extends NotFoundException {
  constructor() {
    super('The license was not activated on this device.', { errorCode: 'ACTIVATION_NOT_FOUND' });
  }
}

/** The device holds a license file, which runs without asking: nobody else can have its seat before that ends. */
export class SeatLentError extends ConflictException {
  constructor(until: Date) {
    super(`The seat is lent to a device that may be offline until ${until.toISOString()}.`, { errorCode: 'SEAT_LENT' });
  }
}

/** The device did not say in time that it still runs, or gave its seat back. */
export class HeartbeatExpiredError extends ConflictException {
  constructor() {
    super('The seat of this device has ended. Activate it again.', { errorCode: 'HEARTBEAT_EXPIRED' });
  }
}
