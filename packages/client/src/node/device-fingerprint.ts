import { createHmac } from 'node:crypto';
import { check } from '../signed-document.js';
import { readMachineId } from './machine-id.js';

export interface FingerprintOptions {
  /**
   * Text of the vendor, the same in every release of a product. Fingerprints of different salts cannot be linked with each other or with
   * the system's identifier. A new salt makes every device a new one.
   */
  readonly salt: string;
  /** Identifier that replaces that of the operating system, for example in a container. */
  readonly machineId?: string | undefined;
}

/**
 * Returns the fingerprint: 64 hexadecimal digits, unchanged by updates. Throws LicenseError FINGERPRINT_UNAVAILABLE if the operating
 * system provides no identifier.
 */
export async function deviceFingerprint({ salt, machineId }: FingerprintOptions): Promise<string> {
  check(typeof salt === 'string' && salt !== '', 'INVALID_OPTIONS', '`salt` is required.');
  check(machineId !== '', 'INVALID_OPTIONS', '`machineId` must not be empty.');
  const id = machineId ?? (await readMachineId());
  return createHmac('sha256', salt).update(`imprimatur.device:${id}`).digest('hex');
}
