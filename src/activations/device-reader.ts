import { Injectable } from '@nestjs/common';
import { jsonReader } from '../shared/persistence/entity-columns.js';
import { Activation } from './activation.entity.js';
import { ActivationRepository } from './activation.repository.js';
import { BlockedDeviceRepository } from './blocking/blocked-device.repository.js';

/** Reads an activation that a statement selected by `DeviceReader.selectSql` as one JSON value. */
export const readActivation = jsonReader(Activation);

/** Selects what is stored about a device as a part of a statement of another module. */
@Injectable()
export class DeviceReader {
  constructor(
    private readonly activations: ActivationRepository,
    private readonly blockedDevices: BlockedDeviceRepository,
  ) {}

  /** Returns a query for the latest activation, also if it has ended; `readActivation` reads its row. The parameters are SQL expressions. */
  selectSql(tenantId: string, licenseId: string, fingerprint: string): string {
    return this.activations.deviceSql(tenantId, licenseId, fingerprint);
  }

  /** Returns a query for one row if the device is blocked, else none. The parameters are SQL expressions. */
  isBlockedSql(tenantId: string, licenseId: string, fingerprint: string): string {
    return this.blockedDevices.isBlockedSql(tenantId, licenseId, fingerprint);
  }
}
