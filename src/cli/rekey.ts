import { loadConfig } from '../config.js';
import { assertSecretsMatch } from '../licensing/index.js';
import { countOutdated, rekey } from '../maintenance/index.js';
import { loadSecrets } from '../shared/secrets/load-secrets.js';
import { withOwner } from './owner.js';
import { withProgress } from './progress-bar.js';
import { run, say } from './run.js';

/** Seals all values with the first of the master keys. */
run('did not finish; run it again to continue', async () => {
  const config = loadConfig();
  await withOwner(config, 'npm run rekey', async ({ owner }) => {
    const secrets = await loadSecrets(config, { mayCreate: false });
    await assertSecretsMatch(owner, secrets);
    const outdated = await countOutdated(owner, secrets);
    await withProgress(outdated, 'values', (progress) => rekey(owner, secrets, progress));
    const remaining = await countOutdated(owner, secrets);
    say(
      remaining === 0
        ? `Sealed ${outdated} values again. All values are sealed with the first master key; remove the others.`
        : `${remaining} values were sealed with an older key meanwhile. Restart every server with the same keys, then run this again.`,
    );
  });
});
