import type { Actor } from '../shared/access/actor.js';
import type { IntegrationEvent } from '../shared/messaging/integration-event.js';
import type { DevicesReset } from './license.response.js';
import type { RecordedReason } from '../shared/messaging/recorded-reason.js';

/** Devices that lost their seats and those that kept them, the seats in use after it, and the event; undefined if no seat ended. */
export interface DeviceResetResult {
  readonly devices: DevicesReset;
  readonly seatsInUse: number;
  readonly event: IntegrationEvent | undefined;
}

/** Ends the activations of licenses. Licensing declares this for its actions; the module that stores activations implements it. */
export abstract class DeviceReset {
  /** Ends all activations but those that license files hold, under the lock of the license. The caller records the event. Throws LicenseNotFoundError. */
  abstract reset(actor: Actor, licenseId: string, reason: RecordedReason | undefined): Promise<DeviceResetResult>;
}
