// A licensed program on one page. It runs while its license allows it: asked online, and without the server by the last answer
// for up to three days, by a license file for a week. Build the client once (npm run build -w @imprimatur/client), then:
//
//   LICENSE_KEY=… TENANT_KEYS="$(curl -sS http://127.0.0.1:3000/v1/client/tenant-001/jwks.json)" \
//     node examples/licensed-program.mjs
//
// TENANT_KEYS is for trying it out: a real program has the keys built in. If the key set is empty, create the first key
// (POST /v1/signing-keys). In a container set DEVICE_ID, which must be different for each device. If no seat is free and the vendor
// lets users replace devices, the program lists them: run it again with REPLACE=… to take the place of one.
import { homedir, hostname } from 'node:os';
import { join } from 'node:path';
import { LicenseClient } from '@imprimatur/client';
import { deviceFingerprint, fileStore } from '@imprimatur/client/node';

const license = new LicenseClient({
  baseUrl: process.env.SERVER ?? 'http://127.0.0.1:3000',
  tenantId: process.env.TENANT ?? 'tenant-001',
  keys: JSON.parse(process.env.TENANT_KEYS ?? '{"keys":[]}').keys,
  licenseKey: process.env.LICENSE_KEY ?? '',
  fingerprint: await deviceFingerprint({ salt: 'licensed-program', machineId: process.env.DEVICE_ID }),
  store: fileStore(process.env.STATE_DIR ?? join(homedir(), '.licensed-program')),
  offlineSeconds: 7 * 24 * 60 * 60,
});

const device = { name: hostname() };
const onLost = (error) => {
  console.error(`The seat was lost: ${error.message}`);
  process.exitCode = 1;
};

/** Takes a seat; if none is free, that of the device that the user chose. */
async function takeSeat() {
  try {
    await license.activate(device, onLost);
  } catch (error) {
    const { replacement } = error;
    if (!replacement) throw error;
    for (const { activation_id, name, last_seen_at } of replacement.devices)
      console.log(`REPLACE=${activation_id} replaces ${name ?? 'a device'}, last seen ${last_seen_at}.`);
    if (!process.env.REPLACE) throw error;
    await license.replace(process.env.REPLACE, replacement, device, onLost);
  }
}

try {
  await takeSeat();
} catch (error) {
  // Without the server what was kept decides, below.
  if (error.code !== 'UNREACHABLE') console.error(`No seat: ${error.problem?.code ?? error.code}`);
}

const verdict = await license.check();
console.log(`${verdict.valid ? 'Running' : 'Not running'}: ${verdict.code}, says the ${verdict.source}.`);
if (verdict.grace) console.log('Please go online soon.');
if (!verdict.valid) process.exitCode = 1;
license.stop();
