import { createCipheriv, createDecipheriv, createHmac, randomBytes, scryptSync, timingSafeEqual } from 'node:crypto';
import { Secrets } from '../shared/secrets/secrets.js';
import { SECRETS_FILE, SecretsFile } from './backup-format.js';
import { MaintenanceError } from './maintenance.error.js';

const ALGORITHM = 'aes-256-gcm';
/** Each guess costs about 100 ms and 64 MiB. */
const SCRYPT = { N: 2 ** 16, r: 8, p: 1, maxmem: 128 * 1024 * 1024 };
const KEY_BYTES = 32;

/** Derives two independent keys from one passphrase: one seals the secrets, the other authenticates the manifest. */
function keysOf(passphrase: string, salt: Buffer): { sealing: Buffer; authentication: Buffer } {
  const bytes = scryptSync(passphrase, salt, 2 * KEY_BYTES, SCRYPT);
  return { sealing: bytes.subarray(0, KEY_BYTES), authentication: bytes.subarray(KEY_BYTES) };
}

function parseSecretsFile(content: string): SecretsFile {
  try {
    return SecretsFile.parse(JSON.parse(content));
  } catch (cause) {
    throw new MaintenanceError(`The ${SECRETS_FILE} of the backup has an unknown format.`, { cause });
  }
}

/** Returns the HMAC-SHA-256 of the manifest, which contains the checksums of all other files. The salt binds it to the secrets file. */
export function manifestMac(manifest: string, secretsFile: string, passphrase: string): string {
  const file = parseSecretsFile(secretsFile);
  if (!('sealed' in file)) throw new MaintenanceError('The secrets of the backup are not sealed.');
  const { authentication } = keysOf(passphrase, Buffer.from(file.salt, 'base64'));
  return createHmac('sha256', authentication).update(manifest).digest('hex');
}

/** Throws MaintenanceError unless this manifest was written with the passphrase and together with these secrets. */
export function assertAuthentic(
  manifest: string,
  secretsFile: string,
  mac: string | undefined,
  passphrase: string,
): void {
  if (mac === undefined) {
    throw new MaintenanceError(
      'The backup has no manifest.mac, so changes cannot be detected. Use another backup. ' +
        'Backups of release 0.1.0 have none: restore them with 0.1.0, then upgrade.',
    );
  }
  const stated = Buffer.from(mac.trim());
  const right = Buffer.from(manifestMac(manifest, secretsFile, passphrase));
  if (stated.length === right.length && timingSafeEqual(stated, right)) return;
  throw new MaintenanceError('The manifest of the backup was changed without its passphrase. Use another backup.');
}

/** Returns the content of the secrets file, sealed if there is a passphrase. */
export function writeSecrets(secrets: Secrets, passphrase: string | undefined): string {
  const clear: SecretsFile = {
    master_keys: secrets.masterKeys.map((key) => key.toString('hex')),
    lookup_key: secrets.lookupKey.toString('hex'),
  };
  if (passphrase === undefined) return JSON.stringify(clear);
  const [salt, iv] = [randomBytes(16), randomBytes(12)];
  const cipher = createCipheriv(ALGORITHM, keysOf(passphrase, salt).sealing, iv);
  const sealed = Buffer.concat([cipher.update(JSON.stringify(clear), 'utf8'), cipher.final()]);
  const parts = { salt, iv, tag: cipher.getAuthTag(), sealed };
  return JSON.stringify(
    Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, part.toString('base64')])),
  );
}

/** Throws MaintenanceError if the passphrase is missing or wrong, or is given for unsealed secrets. */
export function readSecrets(content: string, passphrase: string | undefined): Secrets {
  const file = parseSecretsFile(content);
  if (!('sealed' in file) && passphrase !== undefined) {
    throw new MaintenanceError(
      'The secrets of this backup are unencrypted: it was made without a passphrase, or its files were replaced. ' +
        'Unset BACKUP_PASSPHRASE only if nobody else can have changed the backup.',
    );
  }
  const clear = 'sealed' in file ? parseSecretsFile(unseal(file, passphrase)) : file;
  if ('sealed' in clear) throw new MaintenanceError('The secrets of the backup are sealed twice.');
  return new Secrets(
    clear.master_keys.map((key) => Buffer.from(key, 'hex')),
    Buffer.from(clear.lookup_key, 'hex'),
  );
}

function unseal(file: { salt: string; iv: string; tag: string; sealed: string }, passphrase: string | undefined) {
  if (passphrase === undefined) {
    throw new MaintenanceError(
      'The secrets of this backup are sealed. Set BACKUP_PASSPHRASE to the passphrase that it was made with.',
    );
  }
  const bytes = (text: string) => Buffer.from(text, 'base64');
  const decipher = createDecipheriv(ALGORITHM, keysOf(passphrase, bytes(file.salt)).sealing, bytes(file.iv), {
    authTagLength: 16,
  });
  decipher.setAuthTag(bytes(file.tag));
  try {
    return Buffer.concat([decipher.update(bytes(file.sealed)), decipher.final()]).toString('utf8');
  } catch (cause) {
    throw new MaintenanceError('BACKUP_PASSPHRASE is not the one that this backup was made with.', { cause });
  }
}
