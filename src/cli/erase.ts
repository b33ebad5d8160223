import { parseArgs } from 'node:util';
import { loadConfig } from '../config.js';
import { databaseTime } from '../database/database-time.js';
import { assertSecretsMatch } from '../licensing/index.js';
import { eraseCustomer, MaintenanceError } from '../maintenance/index.js';
import { loadSecrets } from '../shared/secrets/load-secrets.js';
import { withOwner } from './owner.js';
import { run, say } from './run.js';

/** Erases the personal data of one customer. */
run('erased nothing, or not everything; run it again', async () => {
  const { values } = parseArgs({ options: { tenant: { type: 'string' }, customer: { type: 'string' } } });
  const { tenant, customer } = values;
  if (tenant === undefined || customer === undefined) {
    throw new MaintenanceError('Usage: npm run erase -- --tenant TENANT --customer CUSTOMER');
  }
  const config = loadConfig();
  await withOwner(config, 'npm run erase', async ({ owner }) => {
    const secrets = await loadSecrets(config, { mayCreate: false });
    await assertSecretsMatch(owner, secrets);
    const erased = await eraseCustomer(owner, secrets, tenant, customer, await databaseTime(owner));
    const { licenses, devices, events, results, emails, runs } = erased;
    say(
      `Erased the personal data of customer ${customer} of tenant ${tenant}: ${licenses} licenses, ${devices} devices,`,
    );
    say(`${events} events, ${results} stored results, ${emails} e-mail messages, ${runs} workflow runs.`);
    say('Backups made before still contain it.');
  });
});
