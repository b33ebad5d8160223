import { ForbiddenException, NotFoundException } from '@nestjs/common';

/** The vendor has blocked the device for this license. */
export class DeviceBlockedError extends ForbiddenException {
  /** `partnerId` is that of the license, whose partner sees the refusal of an activation. */
  constructor(readonly partnerId: string | null = null) {
    super('The vendor has blocked this device for the license.', { errorCode: 'DEVICE_BLOCKED' });
  }
}

export class BlockedDeviceNotFoundError extends NotFoundException {
  constructor(blockedDeviceId: string) {
    super(`The license has no blocked device ${blockedDeviceId}.`, { errorCode: 'BLOCKED_DEVICE_NOT_FOUND' });
  }
}
