import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ConfigError, loadConfig, type Config } from '../config.js';
import { migrate } from '../database/migrate.js';
import { assertSecretsMatch } from '../licensing/index.js';
import { assertEmpty, MaintenanceError, openBackup, restore } from '../maintenance/index.js';
import { givenMasterKeys, lookupKeyFile, masterKeyFile } from '../shared/secrets/load-secrets.js';
import { prepareFolder, writeSecretFile } from '../shared/secrets/secret-file.js';
import type { Secrets } from '../shared/secrets/secrets.js';
import { withOwner } from './owner.js';
import { withProgress } from './progress-bar.js';
import { run, say } from './run.js';

/** Restores a backup into an empty database, embedded or external. */
run('was not restored', async () => {
  const [source, ...rest] = process.argv.slice(2);
  if (source === undefined || rest.length > 0) throw new MaintenanceError('Usage: npm run restore -- FOLDER');
  const config = loadConfig();
  const backup = await openBackup(resolve(source), config.settings.BACKUP_PASSPHRASE);
  if (config.databaseOwnerUrl !== undefined && config.databaseUrl === undefined) {
    throw new ConfigError('Set DATABASE_URL too: restore creates the role that the server runs as.');
  }
  await prepareFolder(config.dataDir);
  await withOwner(
    config,
    'npm run restore',
    async ({ owner, ownerUrl, applicationUrl }) => {
      await migrate(ownerUrl, applicationUrl, config);
      await assertEmpty(owner);
      await keepSecrets(config, backup.secrets);
      const total = Object.values(backup.manifest.tables).reduce((sum, { rows }) => sum + rows, 0);
      await withProgress(total, 'rows', (progress) => restore(owner, backup, progress));
      await assertSecretsMatch(owner, backup.secrets);
      say(`Restored ${total} rows as they were at ${backup.manifest.created_at}. API keys work as before;`);
      say('if the file of a key is lost, "npm run tenants -- key TENANT" creates another.');
    },
    { exclusive: true },
  );
});

/** Stores the secrets before the rows, which are unusable without them. Existing secrets must be the same. */
async function keepSecrets(config: Config, secrets: Secrets): Promise<void> {
  const masterKeys = secrets.masterKeys.map((key) => key.toString('hex'));
  const provided = givenMasterKeys(config);
  if (provided && !masterKeys.every((key) => provided.includes(key))) throw different('MASTER_KEYS');
  if (!provided) await keepFile('master.key', masterKeyFile(config), masterKeys.join('\n'));
  const lookupKey = secrets.lookupKey.toString('hex');
  const { LOOKUP_KEY } = config.settings;
  if (LOOKUP_KEY !== undefined && LOOKUP_KEY !== lookupKey) throw different('LOOKUP_KEY');
  if (LOOKUP_KEY === undefined) await keepFile('lookup.key', lookupKeyFile(config), lookupKey);
}

async function keepFile(name: string, path: string, content: string): Promise<void> {
  await writeSecretFile(path, content, { keep: true });
  if ((await readFile(path, 'utf8')).trim() !== content) throw different(name);
}

function different(name: string): MaintenanceError {
  return new MaintenanceError(`${name} exists and differs from the backup. Move it away, then run this again.`);
}
