import type { Actor } from '../../shared/access/actor.js';
import { IntegrationEvent } from '../../shared/messaging/integration-event.js';
import type { BlockedDevice } from '../blocking/blocked-device.entity.js';
import { reasonCode, reasonText, type RecordedReason } from '../../shared/messaging/recorded-reason.js';

function resourceOf({ blockedDeviceId, licenseId }: BlockedDevice) {
  return { resourceType: 'blocked_device', resourceId: blockedDeviceId, licenseId };
}

export class DeviceBlockedEvent extends IntegrationEvent {
  readonly type = 'license.device_blocked';

  constructor(actor: Actor, now: Date, blocked: BlockedDevice, reason: RecordedReason) {
    const { fingerprint, filesUntil } = blocked;
    super(
      actor,
      now,
      resourceOf(blocked),
      {
        files_until: filesUntil?.toISOString() ?? null,
        ...reasonCode(reason),
        before: { blocked: false },
        after: { blocked: true },
      },
      { fingerprint, ...reasonText(reason) },
    );
  }
}

export class DeviceUnblockedEvent extends IntegrationEvent {
  readonly type = 'license.device_unblocked';

  constructor(actor: Actor, now: Date, blocked: BlockedDevice, reason?: RecordedReason) {
    const { fingerprint } = blocked;
    const data = { ...reasonCode(reason), before: { blocked: true }, after: { blocked: false } };
    super(actor, now, resourceOf(blocked), data, { fingerprint, ...reasonText(reason) });
  }
}
