import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { LicenseError } from '../errors.js';

const COMMAND_TIMEOUT_MS = 10_000;

/** Access to the operating system. */
export interface Machine {
  readonly platform: string;
  readonly read: (path: string) => Promise<string>;
  readonly run: (file: string, args: readonly string[]) => Promise<string>;
}

const thisMachine: Machine = {
  platform: process.platform,
  read: (path) => readFile(path, 'utf8'),
  run: async (file, args) =>
    (await promisify(execFile)(file, args, { timeout: COMMAND_TIMEOUT_MS, windowsHide: true })).stdout,
};

const SOURCES: Readonly<Record<string, (machine: Machine) => Promise<string | undefined>>> = {
  linux: readLinuxId,
  darwin: readMacId,
  win32: readWindowsId,
};

/** Returns the identifier of the installation or the hardware, in lower case without hyphens. */
export async function readMachineId(machine: Machine = thisMachine): Promise<string> {
  const text = await SOURCES[machine.platform]?.(machine).catch((cause: unknown) => {
    throw unavailable(machine.platform, cause);
  });
  const id = text?.trim().toLowerCase().replaceAll('-', '') ?? '';
  // Images of operating systems contain an empty or zero identifier until the first start, which must not identify a device.
  if (!/^[0-9a-f]{32}$/.test(id) || /^(.)\1*$/.test(id)) throw unavailable(machine.platform);
  return id;
}

/** Reads the older file only if the newer does not exist: a fallback after damage would give the device two fingerprints. */
async function readLinuxId({ read }: Machine): Promise<string> {
  try {
    return await read('/etc/machine-id');
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ENOENT') throw error;
    return read('/var/lib/dbus/machine-id');
  }
}

async function readMacId({ run }: Machine): Promise<string | undefined> {
  const output = await run('/usr/sbin/ioreg', ['-rd1', '-c', 'IOPlatformExpertDevice']);
  return /"IOPlatformUUID"\s*=\s*"([^"]+)"/.exec(output)?.[1];
}

async function readWindowsId({ run }: Machine): Promise<string | undefined> {
  // The 64-bit view, because a 32-bit program would read another value.
  const reg = join(process.env.SystemRoot ?? 'C:\\Windows', 'System32', 'reg.exe');
  const key = 'HKLM\\SOFTWARE\\Microsoft\\Cryptography';
  const output = await run(reg, ['query', key, '/v', 'MachineGuid', '/reg:64']);
  return /MachineGuid\s+REG_SZ\s+(\S+)/.exec(output)?.[1];
}

function unavailable(platform: string, cause?: unknown): LicenseError {
  const text =
    `The operating system (${platform}) gives this device no identifier. ` +
    'Pass `machineId`; in a Linux container you can also mount /etc/machine-id of the host.';
  return new LicenseError('FINGERPRINT_UNAVAILABLE', text, { cause });
}
