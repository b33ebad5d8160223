import { readFile, rename } from 'node:fs/promises';
import pg from 'pg';
import { ConfigError, loadConfig, type Config } from '../config.js';
import { assertSecretsMatch } from '../licensing/index.js';
import { assertNoServerRuns, replaceLookupKey } from '../maintenance/index.js';
import { loadSecrets, lookupKeyFile, newSecret } from '../shared/secrets/load-secrets.js';
import { writeSecretFile } from '../shared/secrets/secret-file.js';
import { Secrets } from '../shared/secrets/secrets.js';
import { withOwner, type OwnedDatabase } from './owner.js';
import { withProgress } from './progress-bar.js';
import { run, say } from './run.js';

/** Replaces the lookup key while no server runs. The new one is NEW_LOOKUP_KEY, or is created and stored in DATA_DIR. */
run('did not replace the lookup key', async () => {
  const config = loadConfig();
  const keyFile = lookupKeyFile(config);
  const draft = `${keyFile}.new`;
  const { LOOKUP_KEY: current, NEW_LOOKUP_KEY: provided } = config.settings;
  if ((current === undefined) !== (provided === undefined)) {
    throw new ConfigError('LOOKUP_KEY and NEW_LOOKUP_KEY go together; with neither, the key is in a file in DATA_DIR.');
  }
  await withOwner(config, 'npm run replace-lookup-key', (database) => replace(config, database, draft), {
    exclusive: true,
  });
  if (provided === undefined) await rename(draft, keyFile);
  say(
    provided === undefined
      ? `The new lookup key is in ${keyFile}.`
      : 'Set LOOKUP_KEY to the value of NEW_LOOKUP_KEY, then start the servers.',
  );
});

async function replace(config: Config, { owner, applicationUrl }: OwnedDatabase, draft: string): Promise<void> {
  await assertNoServerRuns(owner, new pg.Client({ connectionString: applicationUrl }).user ?? '');
  const from = await loadSecrets(config, { mayCreate: false });
  const to = new Secrets(from.masterKeys, Buffer.from(await newKey(config, draft), 'hex'));
  // An earlier run may have been killed between its commit and the renaming of the file.
  if (await secretsMatch(owner, to)) return;
  await assertSecretsMatch(owner, from);
  const { rows } = await owner.query<{ count: string }>('SELECT count(*) FROM license_keys');
  await withProgress(Number(rows[0]?.count ?? 0), 'licenses', (progress) =>
    replaceLookupKey(owner, from, to, progress),
  );
}

/** Returns the new key, stored in its file before any digest uses it. */
async function newKey({ settings }: Config, draft: string): Promise<string> {
  if (settings.NEW_LOOKUP_KEY !== undefined) return settings.NEW_LOOKUP_KEY;
  await writeSecretFile(draft, newSecret(), { keep: true });
  return (await readFile(draft, 'utf8')).trim();
}

async function secretsMatch(owner: pg.ClientBase, secrets: Secrets): Promise<boolean> {
  const { rowCount } = await owner.query('SELECT 1 FROM license_keys LIMIT 1');
  if (!rowCount) return true;
  return assertSecretsMatch(owner, secrets).then(
    () => true,
    () => false,
  );
}
