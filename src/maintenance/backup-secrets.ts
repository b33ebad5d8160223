import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from 'node:crypto';
import { Secrets } from '../shared/secrets/secrets.js';
import { SecretsFile } from './backup-format.js';
import { MaintenanceError } from './maintenance.error.js';

const ALGORITHM = 'aes-256-gcm';
/** About 100 ms and 64 MiB for each guess. */
const SCRYPT = { N: 2 ** 16, r: 8, p: 1, maxmem: 128 * 1024 * 1024 };

/** The content of a backup's file of secrets; sealed where there is a passphrase. */
export function writeSecrets(secrets: Secrets, passphrase: string | undefined): string {
  const clear: SecretsFile = {
    master_keys: secrets.masterKeys.map((key) => key.toString('hex')),
    lookup_key: secrets.lookupKey.toString('hex'),
  };
  if (passphrase === undefined) return JSON.stringify(clear);
  const [salt, iv] = [randomBytes(16), randomBytes(12)];
  const cipher = createCipheriv(ALGORITHM, scryptSync(passphrase, salt, 32, SCRYPT), iv);
  const sealed = Buffer.concat([cipher.update(JSON.stringify(clear), 'utf8'), cipher.final()]);
  const parts = { salt, iv, tag: cipher.getAuthTag(), sealed };
  return JSON.stringify(
    Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, part.toString('base64')])),
  );
}

/** Throws MaintenanceError when the passphrase is missing or wrong. */
export function readSecrets(content: string, passphrase: string | undefined): Secrets {
  const file = SecretsFile.parse(JSON.parse(content));
  const clear = 'sealed' in file ? SecretsFile.parse(JSON.parse(unseal(file, passphrase))) : file;
  if ('sealed' in clear) throw new MaintenanceError('The secrets of the backup are sealed twice.');
  return new Secrets(
    clear.master_keys.map((key) => Buffer.from(key, 'hex')),
    Buffer.from(clear.lookup_key, 'hex'),
  );
}

function unseal(file: { salt: string; iv: string; tag: string; sealed: string }, passphrase: string | undefined) {
  if (passphrase === undefined) {
    throw new MaintenanceError(
      'The secrets of this backup are sealed. Set BACKUP_PASSPHRASE to what it was made with.',
    );
  }
  const bytes = (text: string) => Buffer.from(text, 'base64');
  const decipher = createDecipheriv(ALGORITHM, scryptSync(passphrase, bytes(file.salt), 32, SCRYPT), bytes(file.iv), {
    authTagLength: 16,
  });
  decipher.setAuthTag(bytes(file.tag));
  try {
    return Buffer.concat([decipher.update(bytes(file.sealed)), decipher.final()]).toString('utf8');
  } catch (cause) {
    throw new MaintenanceError('BACKUP_PASSPHRASE is not the one that this backup was made with.', { cause });
  }
}
