import { describe, expect, it } from '@jest/globals';
import { deviceFingerprint } from './index.js';
import { readMachineId, type Machine } from './machine-id.js';

const ID = '4e5f02b1c6d74f0aa1b2c3d4e5f60718';
const UUID = '4E5F02B1-C6D7-4F0A-A1B2-C3D4E5F60718';

const missing = (path: string) => Promise.reject(Object.assign(new Error(`ENOENT ${path}`), { code: 'ENOENT' }));
const linux = (files: Record<string, string | Error>): Machine => ({
  platform: 'linux',
  read: (path) => {
    const content = files[path];
    return typeof content === 'string' ? Promise.resolve(content) : content ? Promise.reject(content) : missing(path);
  },
  run: (file) => missing(file),
});
const commands = (platform: string, outputs: Record<string, string>): Machine => ({
  platform,
  read: missing,
  run: (file, args) => Promise.resolve(outputs[[file, ...args].join(' ')] ?? ''),
});
const REG = 'C:\\Windows/System32/reg.exe query HKLM\\SOFTWARE\\Microsoft\\Cryptography /v MachineGuid /reg:64';

describe('the identifier of the operating system', () => {
  it.each([
    ['Linux', linux({ '/etc/machine-id': `${ID}\n` })],
    ['Linux without systemd', linux({ '/var/lib/dbus/machine-id': `${ID}\n` })],
    [
      'macOS',
      commands('darwin', {
        '/usr/sbin/ioreg -rd1 -c IOPlatformExpertDevice': `+-o J <class I>\n  "IOPlatformUUID" = "${UUID}"\n`,
      }),
    ],
    [
      'Windows',
      commands('win32', { [REG]: `\r\nHKEY_LOCAL_MACHINE\\…\r\n    MachineGuid    REG_SZ    ${UUID}\r\n\r\n` }),
    ],
  ])('is found on %s, in one form', async (_, machine) => {
    expect(await readMachineId(machine)).toBe(ID);
  });

  it.each([
    ['the file is missing', linux({})],
    ['the file is empty, as in an image', linux({ '/etc/machine-id': '' })],
    ['the system was never started', linux({ '/etc/machine-id': 'uninitialized\n' })],
    ['the identifier is zero', linux({ '/etc/machine-id': `${'0'.repeat(32)}\n` })],
    [
      'the file is damaged, whatever the older place says',
      linux({ '/etc/machine-id': 'x', '/var/lib/dbus/machine-id': ID }),
    ],
    [
      'the file cannot be read, whatever the older place says',
      linux({ '/etc/machine-id': new Error('EACCES'), '/var/lib/dbus/machine-id': ID }),
    ],
    ['the command prints something else', commands('darwin', {})],
    ['the command is missing', { ...commands('win32', {}), run: missing }],
    ['the platform is unknown', commands('aix', {})],
  ])('is missing, and no other takes its place, when %s', async (_, machine) => {
    await expect(readMachineId(machine)).rejects.toMatchObject({
      name: 'LicenseError',
      code: 'FINGERPRINT_UNAVAILABLE',
      message: expect.stringContaining('machineId'),
    });
  });
});

describe('the device fingerprint', () => {
  it('is the same in every release, because another one would take another seat', async () => {
    expect(await deviceFingerprint({ salt: 'mycad-3f9a', machineId: ID })).toBe(
      '84904d7b46e04eeda0fd1e6ebba15719e2a694912dd687a493db043af62bbc9c',
    );
  });

  it('shows neither the identifier nor that two products run on one device', async () => {
    const fingerprints = await Promise.all(['one', 'two'].map((salt) => deviceFingerprint({ salt, machineId: ID })));
    expect(new Set(fingerprints).size).toBe(2);
    for (const fingerprint of fingerprints) {
      expect(fingerprint).toMatch(/^[0-9a-f]{64}$/);
      expect(fingerprint).not.toContain(ID);
    }
  });

  it('needs a salt, and no empty identifier', async () => {
    for (const options of [{ salt: '' }, {}, { salt: 's', machineId: '' }] as { salt: string }[]) {
      await expect(deviceFingerprint(options)).rejects.toMatchObject({ code: 'INVALID_OPTIONS' });
    }
  });
});
