import { Query } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import type { ListBlockedDevicesRequest } from './blocked-device.requests.js';
import type { BlockedDevicePage } from './blocked-device.response.js';

/** Lists the devices that are blocked for a license. Throws LicenseNotFoundError. */
export class ListBlockedDevicesQuery extends Query<BlockedDevicePage> {
  constructor(
    readonly actor: Actor,
    readonly licenseId: string,
    readonly request: ListBlockedDevicesRequest,
  ) {
    super();
  }
}
