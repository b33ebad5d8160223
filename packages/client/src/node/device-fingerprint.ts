import { createHmac } from 'node:crypto';
import { check } from '../signed-document.js';
import { readMachineId } from './machine-id.js';

export interface FingerprintOptions {
  /**
   * Text of the vendor, the same in every release of a product. Fingerprints with different salts cannot be linked, neither
   * to each other nor to the identifier of the operating system. Another salt makes every device a new one.
   */
  readonly salt: string;
  /** Identifier of the device in place of that of the operating system, as in a container. */
  readonly machineId?: string | undefined;
}

/**
 * Fingerprint of this device: 64 hexadecimal digits, the same after updates of the program and of the operating system.
 * Throws LicenseError FINGERPRINT_UNAVAILABLE where the operating system gives no identifier.
 */
export async function deviceFingerprint({ salt, machineId }: FingerprintOptions): Promise<string> {
  check(typeof salt === 'string' && salt !== '', 'INVALID_OPTIONS', '`salt` is required.');
  check(machineId !== '', 'INVALID_OPTIONS', '`machineId` must not be empty.');
  const id = machineId ?? (await readMachineId());
  return createHmac('sha256', salt).update(`imprimatur.device:${id}`).digest('hex');
}
