import { ForbiddenException, NotFoundException } from '@nestjs/common';
import type { Denial } from '../../shared/errors.js';

/** The vendor has blocked the device for this license. */
export class DeviceBlockedError extends ForbiddenException implements Denial {
  readonly denialCode = 'DEVICE_BLOCKED';

  constructor() {
    super('The vendor has blocked this device for the license.', { errorCode: 'DEVICE_BLOCKED' });
  }
}

export class BlockedDeviceNotFoundError extends NotFoundException {
  constructor(blockedDeviceId: string) {
    super(`The license has no blocked device ${blockedDeviceId}.`, { errorCode: 'BLOCKED_DEVICE_NOT_FOUND' });
  }
}
