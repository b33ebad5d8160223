import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { LicensingModule, SeatCounter } from '../licensing/index.js';
import { Activation } from './activation.entity.js';
import { ActivationSeatCounter } from './activation-seat-counter.js';
import { ActivationRepository } from './activation.repository.js';
import { ActivationsController } from './activations.controller.js';
import { ClientEventLimit } from './client-event-limit.js';
import { ActivateDeviceHandler } from './commands/activate-device.handler.js';
import { DeactivateDeviceHandler } from './commands/deactivate-device.handler.js';
import { HeartbeatHandler } from './commands/heartbeat.handler.js';
import { FindSeatReleaseHandler } from './queries/find-seat-release.handler.js';
import { FindSeatsAsOfHandler } from './queries/find-seats-as-of.handler.js';
import { ListActivationsHandler } from './queries/list-activations.handler.js';
import { DeviceLastSeen } from './device-last-seen.js';
import { DeviceReader } from './device-reader.js';
import { Heartbeats } from './heartbeats.js';
import { ActivationRefusals } from './activation-refusals.js';
import { SeatAllocator } from './seat-allocator.js';
import { SeatChanges } from './seat-changes.js';

/** Global, because the licensing module, which this one imports, counts seats with it. */
@Global()
@Module({
  imports: [TypeOrmModule.forFeature([Activation]), LicensingModule],
  controllers: [ActivationsController],
  providers: [
    ActivationRepository,
    { provide: SeatCounter, useClass: ActivationSeatCounter },
    SeatAllocator,
    SeatChanges,
    Heartbeats,
    ClientEventLimit,
    ActivationRefusals,
    DeviceLastSeen,
    ActivateDeviceHandler,
    DeactivateDeviceHandler,
    HeartbeatHandler,
    DeviceReader,
    FindSeatReleaseHandler,
    FindSeatsAsOfHandler,
    ListActivationsHandler,
  ],
  exports: [DeviceLastSeen, DeviceReader, ActivationRefusals, SeatAllocator, SeatCounter],
})
export class ActivationsModule {}
