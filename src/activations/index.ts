export { deviceFields, Fingerprint } from './activation.requests.js';
export { ActivationResponse, toActivationResponse } from './activation.response.js';
export { ACTIVATION_CHANGED, type ActivationAsOf, type PastActivationChange } from './activation-as-of.js';
export type { Activation } from './activation.entity.js';
export {
  ActivationLimitReachedError,
  ActivationNotFoundError,
  DeviceNotActivatedError,
  HeartbeatExpiredError,
  SeatLentError,
} from './activation.errors.js';
export { BlockDeviceCommand } from './blocking/block-device.command.js';
export { DeviceBlockedError } from './blocking/blocked-device.errors.js';
export { ListBlockedFilesQuery } from './blocking/list-blocked-files.query.js';
export { UnblockDeviceCommand } from './blocking/unblock-device.command.js';
export { DeviceBlockedEvent, DeviceUnblockedEvent } from './events/blocked-device.events.js';
export { RefusalsCountedEvent } from './events/refusals-counted.event.js';
export { ActivationsModule } from './activations.module.js';
export { ResetActivationsCommand } from './commands/reset-activations.command.js';
export { ActivateDeviceCommand, type ActivateOptions } from './commands/activate-device.command.js';
export { DeactivateDeviceCommand } from './commands/deactivate-device.command.js';
export { HeartbeatCommand } from './commands/heartbeat.command.js';
export { ENDED_LEASE_COLUMNS, seatsAfterEach, seatsLeftSql, type EndedLease, type SeatsLeft } from './ended-leases.js';
export {
  ActivationChangedEvent,
  ActivationRefusedEvent,
  leaseExpiredData,
  LeaseExpiredEvent,
  LicenseActivatedEvent,
  LicenseDeactivatedEvent,
} from './events/activation.events.js';
export { DeviceLastSeen } from './device-last-seen.js';
export { DeviceReader, readActivation } from './device-reader.js';
export { FindSeatReleaseQuery } from './queries/find-seat-release.query.js';
export { FindSeatsAsOfQuery } from './queries/find-seats-as-of.query.js';
export { ActivationRefusals } from './activation-refusals.js';
export type { LockedLicense } from './locked-license.js';
export { ReplaceDeviceCommand } from './replacing/replace-device.command.js';
export { SeatAllocator } from './seat-allocator.js';
export { seatLimit, seatMetric, seatsInUse, type SeatCounts } from './seats.js';
export { describeRelease, describeSeatsInUse, nextFactsOf, type SeatRelease } from './seat-shortage.js';
export { GetActivationQuery } from './queries/get-activation.query.js';
export { ListActivationsQuery } from './queries/list-activations.query.js';
