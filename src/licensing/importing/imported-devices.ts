import type { Transaction } from '../../shared/persistence/transaction.js';
import type { License } from '../license.entity.js';
import type { ImportLine } from './import-line.requests.js';

/** License with the active devices that it was imported with. */
export interface LicenseDevices {
  readonly license: License;
  readonly devices: ImportLine['devices'];
}

/** Stores the devices of imported licenses. Licensing declares this; the module that stores activations implements it. */
export abstract class ImportedDevices {
  /** Returns the number of seats that devices of the license may take, with overage; null: unlimited. */
  abstract limit(license: License): number | null;

  abstract insert(transaction: Transaction, licenses: readonly LicenseDevices[], now: Date): Promise<void>;
}
