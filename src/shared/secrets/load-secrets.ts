import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Config, ConfigError } from '../../config.js';
import { writeSecretFile } from './secret-file.js';
import { Secrets } from './secrets.js';

const SECRET = /^[0-9a-f]{64}$/i;

export function masterKeyFile({ dataDir }: Config): string {
  return join(dataDir, 'master.key');
}

export function lookupKeyFile({ dataDir }: Config): string {
  return join(dataDir, 'lookup.key');
}

/** Returns the master keys of the environment; undefined if it sets none. */
export function givenMasterKeys({ settings }: Config): readonly string[] | undefined {
  return settings.MASTER_KEYS ?? (settings.MASTER_KEY === undefined ? undefined : [settings.MASTER_KEY]);
}

/**
 * Loads the keys from the environment, else from files in DATA_DIR with one key per line. `mayCreate` (an installation that has issued
 * nothing) creates missing files; otherwise a missing key is an error, because a new one cannot unseal existing values.
 */
export async function loadSecrets(config: Config, { mayCreate }: { mayCreate: boolean }): Promise<Secrets> {
  const masterKeys = givenMasterKeys(config) ?? (await keysFromFile('MASTER_KEY', masterKeyFile(config), mayCreate));
  const [lookupKey = '', ...more] =
    config.settings.LOOKUP_KEY === undefined
      ? await keysFromFile('LOOKUP_KEY', lookupKeyFile(config), mayCreate)
      : [config.settings.LOOKUP_KEY];
  if (more.length > 0) throw new ConfigError(`${lookupKeyFile(config)} holds several keys. There is one lookup key.`);
  return new Secrets(
    masterKeys.map((key) => Buffer.from(key, 'hex')),
    Buffer.from(lookupKey, 'hex'),
  );
}

export function newSecret(): string {
  return randomBytes(32).toString('hex');
}

async function keysFromFile(variable: string, path: string, mayCreate: boolean): Promise<string[]> {
  if (mayCreate) await writeSecretFile(path, newSecret(), { keep: true });
  const content = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new ConfigError(
      `${variable} is not set and ${path} cannot be read. Restore that file from your backup, or set ${variable} to the ` +
        `32 bytes as 64 hexadecimal digits that this installation was made with. Without it no license key can be shown.`,
      { cause: error },
    );
  });
  const keys = content.split(/\s+/).filter((key) => key !== '');
  if (keys.length === 0 || !keys.every((key) => SECRET.test(key)))
    throw new ConfigError(`${path} does not hold 64 hexadecimal digits. Restore it from your backup.`);
  return keys;
}
