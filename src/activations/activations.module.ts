import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DeviceReset, ImportedDevices, LicensingModule, SeatCounter } from '../licensing/index.js';
import { Activation } from './activation.entity.js';
import { ActivationReset } from './activation-reset.js';
import { ActivationSeatCounter } from './activation-seat-counter.js';
import { ActivationRepository } from './activation.repository.js';
import { ActivationsController } from './activations.controller.js';
import { BlockDeviceHandler } from './blocking/block-device.handler.js';
import { BlockedDevice } from './blocking/blocked-device.entity.js';
import { BlockedDeviceRepository } from './blocking/blocked-device.repository.js';
import { BlockedDevicesController } from './blocking/blocked-devices.controller.js';
import { ListBlockedDevicesHandler } from './blocking/list-blocked-devices.handler.js';
import { ListBlockedFilesHandler } from './blocking/list-blocked-files.handler.js';
import { UnblockDeviceHandler } from './blocking/unblock-device.handler.js';
import { ClientEventLimit } from './client-event-limit.js';
import { ActivateDeviceHandler } from './commands/activate-device.handler.js';
import { DeactivateDeviceHandler } from './commands/deactivate-device.handler.js';
import { HeartbeatHandler } from './commands/heartbeat.handler.js';
import { ResetActivationsHandler } from './commands/reset-activations.handler.js';
import { FindSeatReleaseHandler } from './queries/find-seat-release.handler.js';
import { FindSeatsAsOfHandler } from './queries/find-seats-as-of.handler.js';
import { GetActivationHandler } from './queries/get-activation.handler.js';
import { ListActivationsHandler } from './queries/list-activations.handler.js';
import { DeviceLastSeen } from './device-last-seen.js';
import { DeviceReader } from './device-reader.js';
import { Heartbeats } from './heartbeats.js';
import { ActivationRefusals } from './activation-refusals.js';
import { DeactivationCounter } from './deactivation-counter.js';
import { RefusalCounts } from './refusal-counts.js';
import { ReplaceDeviceHandler } from './replacing/replace-device.handler.js';
import { ReplacementOffers } from './replacing/replacement-offers.js';
import { ReplacementTokens } from './replacing/replacement-tokens.js';
import { StoredImportedDevices } from './stored-imported-devices.js';
import { LeaseEndRecorder } from './lease-end-recorder.js';
import { LeaseTimer } from './lease-timer.js';
import { SeatAllocator } from './seat-allocator.js';
import { SeatChanges } from './seat-changes.js';

/** Global, because the licensing module, which this one imports, counts seats with it. */
@Global()
@Module({
  imports: [TypeOrmModule.forFeature([Activation, BlockedDevice]), LicensingModule],
  controllers: [ActivationsController, BlockedDevicesController],
  providers: [
    ActivationRepository,
    BlockedDeviceRepository,
    { provide: SeatCounter, useClass: ActivationSeatCounter },
    { provide: DeviceReset, useClass: ActivationReset },
    { provide: ImportedDevices, useClass: StoredImportedDevices },
    SeatAllocator,
    SeatChanges,
    LeaseEndRecorder,
    LeaseTimer,
    DeactivationCounter,
    ReplacementOffers,
    ReplacementTokens,
    ReplaceDeviceHandler,
    Heartbeats,
    ClientEventLimit,
    ActivationRefusals,
    RefusalCounts,
    DeviceLastSeen,
    ActivateDeviceHandler,
    DeactivateDeviceHandler,
    HeartbeatHandler,
    DeviceReader,
    FindSeatReleaseHandler,
    FindSeatsAsOfHandler,
    ListActivationsHandler,
    GetActivationHandler,
    ResetActivationsHandler,
    BlockDeviceHandler,
    UnblockDeviceHandler,
    ListBlockedDevicesHandler,
    ListBlockedFilesHandler,
  ],
  exports: [DeviceLastSeen, DeviceReader, ActivationRefusals, SeatAllocator, SeatCounter, DeviceReset, ImportedDevices],
})
export class ActivationsModule {}
