import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Config, ConfigError } from '../../config.js';
import { writeSecretFile } from './secret-file.js';
import { Secrets } from './secrets.js';

const SECRET = /^[0-9a-f]{64}$/i;

/**
 * The master and the lookup key: from the environment, else from files in DATA_DIR. With `mayCreate` (an installation
 * that has issued nothing yet) missing files are made; otherwise a missing key is an error, because a new one would
 * open nothing that was sealed before.
 */
export async function loadSecrets(
  { settings, dataDir }: Config,
  { mayCreate }: { mayCreate: boolean },
): Promise<Secrets> {
  const key = async (variable: 'MASTER_KEY' | 'LOOKUP_KEY', file: string) =>
    Buffer.from(settings[variable] ?? (await keyFromFile(variable, join(dataDir, file), mayCreate)), 'hex');
  return new Secrets(await key('MASTER_KEY', 'master.key'), await key('LOOKUP_KEY', 'lookup.key'));
}

async function keyFromFile(variable: string, path: string, mayCreate: boolean): Promise<string> {
  if (mayCreate) await writeSecretFile(path, randomBytes(32).toString('hex'), { keep: true });
  const content = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new ConfigError(
      `${variable} is not set and ${path} cannot be read. Restore that file from your backup, or set ${variable} to the ` +
        `32 bytes as 64 hexadecimal digits that this installation was made with. Without it no license key can be shown.`,
      { cause: error },
    );
  });
  const key = content.trim();
  if (!SECRET.test(key))
    throw new ConfigError(`${path} does not hold 64 hexadecimal digits. Restore it from your backup.`);
  return key;
}
