import { resolve } from 'node:path';
import { loadConfig } from '../config.js';
import { assertSecretsMatch } from '../licensing/index.js';
import { backUp, estimateRows, MaintenanceError } from '../maintenance/index.js';
import { loadSecrets } from '../shared/secrets/load-secrets.js';
import { withOwner } from './owner.js';
import { withProgress } from './progress-bar.js';
import { run, say } from './run.js';

/** Backs up all data into a new folder, while the server runs. */
run('was not backed up', async () => {
  const [target, ...rest] = process.argv.slice(2);
  if (target === undefined || rest.length > 0) throw new MaintenanceError('Usage: npm run backup -- FOLDER');
  const config = loadConfig();
  const folder = resolve(target);
  const { BACKUP_PASSPHRASE: passphrase } = config.settings;
  await withOwner(config, 'npm run backup', async ({ owner }) => {
    const secrets = await loadSecrets(config, { mayCreate: false });
    await assertSecretsMatch(owner, secrets);
    const { tables } = await withProgress(await estimateRows(owner), 'rows', (progress) =>
      backUp(owner, secrets, folder, { passphrase, progress }),
    );
    const rows = Object.values(tables).reduce((sum, table) => sum + table.rows, 0);
    say(`Backed up ${rows} rows into ${folder}.`);
    if (passphrase === undefined) {
      say('It contains the master and lookup keys unencrypted (secrets.json). Protect it, or set BACKUP_PASSPHRASE.');
    }
  });
});
